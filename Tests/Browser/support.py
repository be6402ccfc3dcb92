"""What the checks of the page share: a page under test, what it draws, what the API says."""

import re

IDLE = "body[data-step]:not([data-busy])"
STEP = 'body[data-step="{}"]:not([data-busy])'
COLUMNS = 32
NEXT, BACK = "step-bar .next", 'step-bar [aria-label="One step back"]'
FIRST, NEWEST = 'step-bar [aria-label="First step"]', 'step-bar [aria-label="Newest step"]'
ALLOCATE = "call-panel .allocate .primary"
CHECKS = []


def check(function):
    """Registers a check: a function of (browser, base URL) that gets a machine of its own."""
    CHECKS.append(function)
    return function


class Lab:
    """One browser page on one server, with its own session. Waits for states, never for time."""

    def __init__(self, browser, base, *, width=1280, height=900, theme="light", path="/lab.html", open=True, **options):
        self.base = base
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, **options)
        self.page = self.context.new_page()
        self.complaints, self.urls, self.bytes = [], [], 0
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        self.page.on("request", lambda request: self.urls.append(request.url))
        if open:
            self.open(path)

    def _console(self, message):
        # A 4xx that the page asked for and explains is logged by the browser itself.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")
        if "status of 5" in message.text or "status of 404" in message.text:
            self.complaints.append(message.text)

    def open(self, path="/lab.html"):
        self.page.goto(self.base + path)
        self.idle()

    def close(self):
        assert not self.complaints, f"the console complained: {self.complaints}"
        self.context.close()

    def idle(self):
        self.page.wait_for_selector(IDLE)

    @property
    def step(self):
        return int(self.page.locator("body").get_attribute("data-step"))

    def at_step(self, step):
        self.page.wait_for_selector(STEP.format(step))

    def click(self, selector, to=None):
        """Clicks and waits until the page shows step `to` (or until it is done)."""
        self.page.click(selector)
        self.at_step(to) if to is not None else self.idle()

    def type_call(self, text, to=None):
        self.page.fill("#call-text", text)
        self.page.press("#call-text", "Enter")
        self.at_step(to) if to is not None else self.idle()

    def press(self, key, to=None):
        self.page.keyboard.press(key)
        self.at_step(to) if to is not None else self.idle()

    def get(self, path):
        response = self.context.request.get(self.base + path)
        assert response.ok, f"GET {path}: {response.status} {response.text()}"
        return response.json()

    def boot(self, kind, debug=False):
        self.page.select_option("#machine", kind)
        if not kind.startswith("recorded:"):
            self.page.set_checked("#debug", debug)
        self.click("machine-choice button", to=0)

    def open_part(self, name):
        """Opens a part of the lab that is loaded on demand: virtual or high."""
        if self.page.get_attribute(f"[data-part={name}]", "open") is None:
            self.page.click(f"[data-part={name}] summary")
            self.page.wait_for_selector(f"{name}-view", state="attached")
            self.idle()

    def start_story(self, name):
        self.click(f"[data-story={name}]", to=0)
        self.page.wait_for_selector("story-list .card .primary")

    def play(self):
        """Makes all calls of the story that was started; returns how many."""
        calls = 0
        while self.page.locator("story-list .card .primary").count():
            calls += 1
            self.click("story-list .card .primary")
            assert calls < 30, "the story does not end"
        return calls

    def answer(self):
        return self.page.inner_text("call-answer .answer-body")

    def scrolls_sideways(self):
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def drawn_frames(lab):
    """What the map draws, as {pfn: state}, from the blocks that are visible."""
    cells = lab.page.eval_on_selector_all(
        "frame-map button.cell",
        "cells => cells.map(c => [+c.dataset.pfn, +c.dataset.count, c.dataset.state, c.offsetWidth > 0])")
    frames = {}
    for pfn, count, state, visible in cells:
        assert visible, f"the block at {pfn} has no width"
        for frame in range(pfn, pfn + count):
            assert frame not in frames, f"frame {frame} is drawn twice"
            frames[frame] = state
    return frames


def drawn_geometry(lab):
    """The place of every piece in the map as {pfn of its first frame: (row, column, rows, columns)}."""
    return lab.page.eval_on_selector_all(
        "frame-map button.cell",
        """cells => cells.map(c => {
            const span = (text) => text.split('/').map((part) => +part.replace('span', ''));
            const [row, rows] = span(c.style.gridRow), [column, columns] = span(c.style.gridColumn);
            return [+c.dataset.pfn, row, column, rows, columns];
        })""")


def told_frames(lab, step):
    """What the API says at a step, as {pfn: the states of all runs there}."""
    frames, start = {}, None
    while True:
        query = f"/frames?step={step}&limit=10000" + (f"&start={start}" if start is not None else "")
        answer = lab.get(query)
        assert answer["step"] == step, f"/frames?step={step} answered for step {answer['step']}"
        for run in answer["runs"]:
            for pfn in range(run["pfn"], run["pfn"] + run["count"]):
                frames.setdefault(pfn, set()).add(run["state"])
        start = answer.get("next")
        if start is None:
            return frames


def drawn_lists(lab):
    """The chips as {(zone, is per-CPU, order): [pfn, ...]}, plus the number of blocks in each row."""
    return lab.page.evaluate("""() => {
        const rows = {};
        for (const zone of document.querySelectorAll('free-lists .zone')) {
            const name = zone.querySelector('h3').firstChild.textContent;
            for (const row of zone.querySelectorAll('tbody tr')) {
                const cpu = row.closest('.per-cpu') !== null;
                const key = [name, cpu, +row.querySelector('th').textContent].join(' ');
                rows[key] = {
                    count: parseInt(row.querySelector('.count').firstChild.textContent),
                    pfns: [...row.querySelectorAll('.chip')].map((chip) => +chip.dataset.pfn),
                };
            }
        }
        return rows;
    }""")


def told_lists(lab, step):
    """The same from the API; at most as many blocks per list as the page draws (16)."""
    rows = {}
    for zone in lab.get(f"/buddy?step={step}")["zones"]:
        for area in zone["free_areas"]:
            rows[f"{zone['name']} false {area['order']}"] = row_of(area["lists"])
        for cpu in zone["per_cpu"]:
            for order in {entry["order"] for entry in cpu["lists"]}:
                lists = [entry for entry in cpu["lists"] if entry["order"] == order]
                rows[f"{zone['name']} true {order}"] = row_of(lists)
    return rows


def row_of(lists):
    return {
        "count": sum(entry["count"] for entry in lists),
        "pfns": [pfn for entry in lists for pfn in entry["pfns"][:16]],
    }


def shared_frames(pages):
    """The frames that more than one live allocation holds."""
    seen, twice = set(), set()
    for page in pages:
        for pfn in range(page["pfn"], page["pfn"] + 2 ** page["order"]):
            (twice if pfn in seen else seen).add(pfn)
    return twice


def address_of(text):
    """The first kernel address in a text."""
    return re.search(r"0x[0-9a-f]+", text).group()


def same_as_told(lab, step):
    drawn, told = drawn_frames(lab), told_frames(lab, step)
    assert set(drawn) == set(told), f"step {step}: other frames are drawn than told"
    wrong = [pfn for pfn in told if drawn[pfn] not in told[pfn]]
    assert not wrong, f"step {step}: frames {wrong[:5]} are drawn wrong"
    lists, expected = drawn_lists(lab), told_lists(lab, step)
    for key, row in expected.items():
        shown = lists.get(key, {"count": 0, "pfns": []})
        assert shown == row, f"step {step}, {key}: drawn {shown}, told {row}"
