"""The lab as an instrument: following a session, files of calls, motion, looking for a step, weight."""

import gzip
import re
import subprocess
from pathlib import Path
from urllib.parse import urljoin

from checks_access import no_violation
from support import ALLOCATE, BACK, NEWEST, NEXT, check, Lab

ROOT = Path(__file__).resolve().parents[2]
LIVE = "watch-bar[data-line=live]"
LIMIT = 250_000
WRITE = {"X-Kmemlab": "1"}


def share(lab):
    lab.page.click("[data-tool=share]")
    return lab.page.inner_text("share-tool pre")


def etag(lab, path="/report"):
    response = lab.context.request.get(lab.base + path)
    assert response.ok, response.text()
    return response.headers["etag"]


@check
def a_spectator_follows_live_and_changes_nothing(browser, base):
    teacher = Lab(browser, base)
    link = share(teacher)
    assert re.fullmatch(re.escape(base) + r"/lab#view=kmv_[0-9a-f]{48}", link), link
    spectator = Lab(browser, base, width=390, theme="dark", open=False)
    spectator.open(link.removeprefix(base))
    spectator.page.wait_for_selector(LIVE)
    assert "view=" not in spectator.page.url and spectator.step == teacher.step
    assert not any("kmv_" in url for url in spectator.urls), "the token is in no request's address"
    teacher.click(ALLOCATE, to=teacher.step + 1)
    spectator.at_step(teacher.step)
    assert spectator.answer().split("The same at a shell")[0] == teacher.answer().split("The same at a shell")[0]
    assert f"Step {teacher.step} of" in spectator.page.text_content("call-answer [aria-live]"), "it is spoken too"
    nothing_to_act_with(spectator)
    no_violation(spectator, "a spectator")
    spectator.click(BACK, to=teacher.step - 1)
    assert "paused" in spectator.page.inner_text("watch-bar")
    teacher.click(ALLOCATE, to=teacher.step + 1)
    teacher.click(ALLOCATE, to=teacher.step + 1)
    spectator.page.wait_for_selector("watch-bar >> text=2 new")
    assert spectator.step == teacher.step - 3, "what is looked at stays"
    assert f"of {teacher.step}" in spectator.page.inner_text("step-bar .place"), "but one sees that there is more"
    spectator.click("watch-bar >> text=Jump to live", to=teacher.step)
    teacher.click("step-bar .undo button:first-child", to=teacher.step - 1)
    spectator.at_step(teacher.step)
    spectator.page.reload()
    spectator.at_step(teacher.step)
    spectator.page.wait_for_selector(LIVE)
    session = re.search(r"kmv_([0-9a-f]{16})", link).group(1)
    teacher.context.request.delete(f"{base}/sessions/{session}", headers=WRITE)
    spectator.page.wait_for_selector("watch-bar >> text=the session has ended")
    spectator.click("watch-bar >> text=Stop watching")
    assert not spectator.page.is_visible("watch-bar")
    spectator.click(ALLOCATE, to=spectator.step + 1)
    spectator.close()
    teacher.close()


@check
def a_spectator_is_told_when_nothing_happens_any_more(browser, base):
    lab = Lab(browser, base)
    spectator = Lab(browser, base, open=False)
    spectator.page.clock.install()
    spectator.open(share(lab).removeprefix(base))
    spectator.page.wait_for_selector("watch-bar[data-line=live]")
    spectator.page.clock.fast_forward(61_000)
    spectator.page.wait_for_selector("watch-bar[data-line=quiet] >> text=live, but quiet")
    lab.click(ALLOCATE, to=lab.step + 1)
    spectator.page.wait_for_selector("watch-bar[data-line=live]")
    spectator.at_step(lab.step)
    spectator.close()
    lab.close()


def nothing_to_act_with(lab):
    page = lab.page
    assert page.is_disabled(ALLOCATE) and page.is_disabled("#call-text") and page.is_disabled("machine-choice button")
    assert page.get_attribute("[data-story=wrong-order]", "aria-disabled") == "true" and page.is_hidden("step-bar .undo button:first-child")
    assert page.locator("live-pages td:last-child button, block-inspector .actions, slab-view .actions").count() == 0
    for place in ("call-panel", "block-inspector"):
        assert "You are watching" in page.text_content(place), f"{place} says why"
    page.click("[data-tool=load]")
    assert page.is_disabled("#calls-file") and "You are watching" in page.inner_text("load-tool")
    page.click("[data-tool=load]")


@check
def a_cut_line_goes_on_where_it_was(browser, base):
    teacher = Lab(browser, base)
    link = share(teacher)
    spectator = Lab(browser, base, open=False)
    asked = []

    def cut_twice(route):
        asked.append(route.request.headers.get("last-event-id"))
        if len(asked) == 1:
            route.fulfill(status=200, content_type="text/event-stream", body=": hello\n\n")
        elif len(asked) == 2:
            teacher.click(ALLOCATE, to=teacher.step + 1)
            route.abort()
        else:
            route.continue_()

    spectator.page.route("**/events", cut_twice)
    first = teacher.step
    spectator.open(link.removeprefix(base))
    spectator.at_step(first + 1)
    spectator.page.wait_for_selector(LIVE)
    assert len(asked) == 3 and all(one.startswith(f"{first}-") for one in asked), asked
    spectator.complaints.clear()  # the browser's own line about the connection that was cut
    spectator.close()
    teacher.close()


@check
def the_own_token_may_act_when_told_to(browser, base):
    teacher = Lab(browser, base, open=False)
    booted = teacher.context.request.post(f"{base}/sessions", data={"machine": "classroom"}).json()
    lab = Lab(browser, base)
    lab.page.focus("[data-tool=watch]")
    lab.page.keyboard.press("Enter")
    lab.page.wait_for_selector("#watch-token:focus")
    lab.page.fill("#watch-token", "kmv_123")
    lab.page.press("#watch-token", "Enter")
    assert "hexadecimal" in lab.page.inner_text("watch-tool .error")
    lab.page.fill("#watch-token", "kml_" + "0" * 48)
    lab.page.press("#watch-token", "Enter")
    lab.page.wait_for_selector("watch-tool >> text=No session has this token")
    lab.page.fill("#watch-token", booted["token"])
    lab.page.press("#watch-token", "Enter")
    lab.at_step(0)
    lab.page.wait_for_selector(LIVE)
    assert lab.page.is_disabled(ALLOCATE)
    assert lab.page.locator("[data-tool=watch]:focus").count(), "the focus is not lost with the form"
    lab.page.focus("watch-bar [data-act=act]")
    lab.page.keyboard.press("Enter")
    assert lab.page.locator("watch-bar button:focus").count(), "nor with the button"
    lab.click(ALLOCATE, to=1)
    own = {"Authorization": f"Bearer {booted['token']}"}
    teacher.context.request.post(f"{base}/calls", data={"call": "alloc_page(GFP_KERNEL)"}, headers=own)
    lab.at_step(2)
    lab.click("watch-bar >> text=Back to my own session")
    assert lab.step > 5
    lab.close()
    teacher.context.close()


@check
def saved_calls_make_the_same_state_again(browser, base):
    lab = Lab(browser, base)
    address = lab.get("/pages")["pages"][0]["address"]
    store = lab.context.request.put(f"{base}/memory/{address}", data={"text": "kept"}, headers=WRITE)
    assert store.ok, store.text()
    lab.page.reload()
    lab.idle()
    lab.click(NEWEST, to=lab.step + 1)
    lab.type_call("spin_lock(my_lock)", to=lab.step + 1)
    last, state = lab.step, etag(lab)
    lab.page.click("[data-tool=save]")
    files = {}
    for ending in ("ndjson", "sh", "c"):
        with lab.page.expect_download() as download:
            lab.page.click(f"[data-format={ending}]")
        files[ending] = Path(download.value.path()).read_text()
        assert re.fullmatch(rf"kmemlab-[0-9a-f]{{16}}-step-{last}\.{ending}", download.value.suggested_filename)
    assert len(files["ndjson"].splitlines()) == last
    no_violation(lab, "what is saved")
    assert files["sh"].count("curl ") == last + 1 and "spin_lock(my_lock);" in files["c"]
    assert made_by_script(files["sh"], base) == state
    lab.boot("classroom")
    load(lab, "calls.ndjson", files["ndjson"])
    lab.at_step(last)
    assert etag(lab) == state, "the same calls make the same state"
    assert f"{last} calls made" in lab.page.inner_text("load-tool")
    load(lab, "lab.rep", "20000\n2\n3\n1\na 0 100\na 1 5000000\nf 0\n")
    lab.at_step(last + 3)
    load(lab, "notes.txt", "nothing of the kind")
    assert "no file of calls" in lab.page.inner_text("load-tool") and lab.step == last + 3
    lab.close()


def made_by_script(script, base):
    """The state that the saved script leads to."""
    look = f'curl -sS -D - -o /dev/null -H "Authorization: Bearer $TOKEN" {base}/report'
    done = subprocess.run(["sh", "-ec", f"{script}\n{look}"], capture_output=True, text=True, timeout=60)
    return re.search(r"(?i)^etag: *(\S+)", done.stdout, re.M).group(1)


def load(lab, name, text):
    if not lab.page.locator("load-tool").count():
        lab.page.click("[data-tool=load]")
    lab.page.set_input_files("#calls-file", {"name": name, "mimeType": "", "buffer": text.encode()})
    lab.click("load-tool button >> text=Make them")


@check
def a_recorded_machine_boots_from_its_file(browser, base):
    lab = Lab(browser, base)
    lab.page.click("[data-tool=load]")
    lab.page.set_input_files("#machine-file", str(ROOT / "Recordings" / "i386-two-cpus.jsonl.gz"))
    lab.click("load-tool button >> text=Boot it", to=0)
    lab.page.wait_for_selector("load-tool >> text=Booted what i386-two-cpus.jsonl.gz recorded")
    assert lab.page.get_attribute("body", "data-machine") == "recorded"
    assert chosen(lab).startswith("i386-two-cpus, "), chosen(lab)
    trace = gzip.decompress((ROOT / "Recordings" / "i386-two-cpus.jsonl.gz").read_bytes()).replace(b"[1560,1656,", b"[1656,1560,")
    lab.page.set_input_files("#machine-file", {"name": "mine.jsonl", "mimeType": "", "buffer": trace})
    lab.click("load-tool button >> text=Boot it", to=0)
    lab.page.wait_for_selector("load-tool >> text=Booted what mine.jsonl recorded")
    assert chosen(lab).startswith("recorded in a file, 1 GiB") and lab.page.is_disabled("machine-choice button"), chosen(lab)
    lab.page.reload()
    lab.page.wait_for_selector("#machine optgroup", state="attached")
    lab.idle()
    assert chosen(lab).startswith("recorded in a file"), chosen(lab)
    lab.boot("classroom")
    assert not lab.page.locator("#machine option:text('recorded in a file')").count()
    lab.close()


def chosen(lab):
    """What the menu of machines shows."""
    return lab.page.eval_on_selector("#machine", "menu => menu.selectedOptions[0].textContent")


@check
def a_step_of_a_story_has_an_address(browser, base):
    lab = Lab(browser, base)
    lab.start_story("wrong-order")
    assert lab.page.url.endswith("#story=wrong-order&step=0"), lab.page.url
    for step in (1, 2, 3):
        lab.click(NEXT, to=step)
    address, state = lab.page.url, lab.get("/snapshot")["state_hash"]
    assert address.endswith("#story=wrong-order&step=3"), address
    visitor = Lab(browser, base, path=address.removeprefix(base))
    visitor.at_step(3)
    visitor.page.wait_for_selector("story-list .card >> text=call 3 of 4")
    assert visitor.get("/snapshot")["state_hash"] == state and visitor.page.url == address
    assert "its calls were made" in visitor.page.inner_text("notice-bar")
    visitor.page.evaluate("location.hash = '#story=wrong-order&step=1'")
    visitor.at_step(1)
    visitor.page.evaluate("location.hash = '#story=wrong-order&step=4'")
    visitor.at_step(4)
    visitor.close()
    lab.click(ALLOCATE, to=4)
    assert lab.page.url.endswith("#step=4"), "a call of one's own is no step of the story"
    lab.close()


@check
def a_machine_boots_with_what_was_chosen(browser, base):
    lab = Lab(browser, base)
    lab.page.select_option("#machine", "x86_64")
    lab.page.fill("#memory", "64")
    lab.page.fill("#cpus", "2")
    lab.page.check("#classic")
    lab.click("machine-choice button", to=0)
    machine = lab.get("/snapshot")["machine"]
    assert (machine["kind"], machine["memory_bytes"], machine["cpus"], machine["slab"]) == ("x86_64", 64 << 20, 2, "slab"), machine
    lab.close()


# The layers of motion that come, each with the state that was painted when it came and the milliseconds that it lasted.
WATCH_MOTION = """() => {
    window.motions = [];
    new MutationObserver((changes) => {
        for (const { addedNodes, removedNodes } of changes) {
            for (const node of addedNodes) if (node.className === 'motion') window.motions.push({
                node, from: performance.now(), blocks: node.children.length, step: document.querySelector('step-bar .place').textContent });
            for (const node of removedNodes) for (const one of window.motions) if (one.node === node) one.took = performance.now() - one.from;
        }
    }).observe(document.querySelector('free-lists'), { childList: true });
}"""
MOTIONS = "() => window.motions.map(({ blocks, step, took }) => ({ blocks, step, took }))"


def motion_ends(lab, number):
    lab.page.evaluate("""(number) => new Promise((done) => {
        const look = () => (window.motions[number]?.took === undefined ? requestAnimationFrame(look) : done());
        look();
    })""", number)


@check
def splits_and_merges_move_over_the_true_state(browser, base):
    lab = Lab(browser, base, height=1600)
    lab.boot("classroom")
    lab.page.evaluate(WATCH_MOTION)
    lab.type_call("__get_free_pages(GFP_KERNEL, 5)", to=1)
    motion_ends(lab, 0)
    splits = sum(one["code"] == "buddy-split" for one in lab.get("/journal/1/explain")["explain"])
    lab.click('block-inspector [data-act="free"]', to=2)
    motion_ends(lab, 1)
    merges = sum(one["code"] == "buddy-merge" for one in lab.get("/journal/2/explain")["explain"])
    first, second = lab.page.evaluate(MOTIONS)
    assert splits > 0 and merges > 0 and (first["blocks"], second["blocks"]) == (2 * splits, 2 * merges), (first, second, splits, merges)
    assert first["step"] == "Step 1 of 1" and second["step"] == "Step 2 of 2", "the true state was there before"
    lab.click(BACK, to=1)
    lab.click(NEWEST, to=2)
    lab.page.wait_for_selector("free-lists .motion", state="attached")
    lab.page.keyboard.press("Shift")
    assert lab.page.locator("free-lists .motion").count() == 0, "a key ends it"
    lab.close()
    still = Lab(browser, base, reduced_motion="reduce", height=1600)
    still.boot("classroom")
    still.page.evaluate(WATCH_MOTION)
    still.type_call("__get_free_pages(GFP_KERNEL, 5)", to=1)
    still.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert not any("/explain" in url for url in still.urls) and still.page.evaluate(MOTIONS) == []
    still.close()


@check
def of_many_steps_sought_only_the_newest_are_fetched_and_drawn(browser, base):
    lab = Lab(browser, base)
    last = lab.step
    calls = [{"call": "alloc_page(GFP_KERNEL)"}, {"call": "kmalloc(40, GFP_KERNEL)"}] * 200
    made = lab.context.request.post(f"{base}/calls", data=calls, headers=WRITE)
    assert made.ok, made.text()
    lab.page.reload()
    lab.at_step(last)
    lab.click(NEWEST, to=last + 400)
    lab.page.evaluate("""async () => {
        const { lab } = await import('/lab.js');
        window.drawn = [];
        lab.addEventListener('view', () => window.drawn.push(lab.step));
    }""")
    lab.urls.clear()
    lab.page.evaluate("""async () => {
        const slider = document.querySelector('step-bar input');
        for (let step = 400; step >= 1; step -= 1) {
            slider.value = step;
            slider.dispatchEvent(new Event('input'));
            if (step % 8 === 0) await new Promise((done) => requestAnimationFrame(done));
        }
    }""")
    lab.at_step(1)
    drawn = lab.page.evaluate("window.drawn")
    assert drawn[-1] == 1 and len(drawn) < 60, f"{len(drawn)} steps were drawn"
    asked = [url for url in lab.urls if "/snapshot" in url]
    assert len(asked) <= 130, f"{len(asked)} snapshots for 400 places of the slider"
    lab.urls.clear()
    lab.click(NEWEST, to=last + 400)
    lab.click(BACK, to=last + 399)
    asked = [url for url in lab.urls if f"/snapshot?step={last + 400}" in url]
    assert not asked, "what was looked at lately is not asked for again"
    lab.close()


@check
def every_page_is_light(browser, base):
    lab = Lab(browser, base, open=False)
    files = {}

    def text(path):
        if path not in files:
            response = lab.context.request.get(base + path)
            assert response.ok, f"{path}: {response.status}"
            files[path] = response.text()
        return files[path]

    pages = ["/", "/lab", *(f"/book/{path.name}" for path in sorted((ROOT / "Public" / "book").glob("*.html")))]
    assert len(pages) > 10
    for page in pages:
        parts, waiting = set(), [page]
        while waiting:
            path = waiting.pop()
            if path in parts:
                continue
            parts.add(path)
            named = re.findall(r'<(?:link [^>]*href|script [^>]*src)="([^":]+)"' if path == page
                               else r'^import (?:[^"]* from )?"(\.[^"]+)"', text(path), re.M)
            waiting += [urljoin(path, one) for one in named if not one.endswith("noscript.css")]
        weight = sum(len(text(path).encode()) for path in parts)
        assert 10_000 < weight < LIMIT, f"{page} weighs {weight} bytes"
    lab.close()
