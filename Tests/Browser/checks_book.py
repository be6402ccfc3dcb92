"""The book: its chapters load, their scenes run to the end, figures equal the API, links lead to steps, everybody can read it."""

import re
from pathlib import Path

from checks_access import no_violation
from support import NEXT, Lab, check, drawn_frames, told_frames

PUBLIC = Path(__file__).resolve().parents[2] / "Public"
CHAPTERS = [path.stem for path in sorted((PUBLIC / "book").glob("*.html"))]
MOST_BYTES = 250_000
READY = "body[data-step]:not([data-busy]):not([data-opening])"
LINK = re.compile(r'href="#scene=([\w-]+)&amp;step=(\d+)"')
CALL = "scene-player [data-act=call]"


class Chapter(Lab):
    """One chapter in one browser page. Each scene's session is named by a token that the page alone has."""

    def __init__(self, browser, base, name, address="", **options):
        self.sizes, self.boots, self.refused = {}, [], []
        super().__init__(browser, base, path=f"/book/{name}.html{address}", **options)

    def open(self, path):
        self.page.on("response", self._heard)
        super().open(path)

    def _heard(self, response):
        self.sizes.setdefault(response.url.split("?")[0], response)
        if response.url.endswith("/sessions"):
            self.boots.append(response)
        if response.status >= 400:
            self.refused.append(response.url)

    def idle(self):
        self.page.wait_for_selector(READY)

    @property
    def session(self):
        """The session of the scene: its id and tokens."""
        return self.boots[-1].json()

    def vanish(self):
        """Ends the session of the scene, as time would."""
        booted = self.session
        response = self.context.request.delete(
            f"{self.base}/sessions/{booted['id']}", headers={"Authorization": f"Bearer {booted['token']}", "X-Kmemlab": "1"})
        assert response.ok, response.status

    @property
    def scene(self):
        return self.page.get_attribute("body", "data-scene")

    def get(self, path):
        response = self.context.request.get(self.base + path, headers={"Authorization": f"Bearer {self.session['token']}"})
        assert response.ok, f"GET {path}: {response.status} {response.text()}"
        return response.json()

    def start(self, scene):
        self.page.click(f"[data-scene={scene}]")
        self.page.wait_for_selector(f"body[data-scene={scene}]")
        self.idle()

    def call(self, guess=True):
        """Makes the next call of the scene, after a guess where one is wanted."""
        choices = self.page.locator("scene-player .guesses button:visible")
        if guess and choices.count():
            choices.first.click()
        before = self.step
        self.page.click(CALL)
        self.page.wait_for_function(
            "step => Number(document.body.dataset.step) > step && document.body.dataset.busy === undefined", arg=before)

    def play(self):
        calls = 0
        while self.page.locator(CALL).is_visible():
            self.call()
            calls += 1
            assert calls < 30, "the scene does not end"
        return calls

    def caption(self):
        return self.page.inner_text("scene-player .caption")

    def verdict(self):
        return self.page.inner_text("scene-player .outcome")


def scenes_of(chapter):
    return chapter.page.eval_on_selector_all("[data-act=restart], .scenes [data-scene]", "all => all.map(one => one.dataset.scene).filter(Boolean)")


@check
def book_scenes_run_to_their_end_and_are_drawn_as_told(browser, base):
    assert len(CHAPTERS) >= 4, CHAPTERS
    for name in CHAPTERS:
        chapter = Chapter(browser, base, name)
        light_and_alone(chapter, name)
        linked = {(scene, int(step)) for scene, step in LINK.findall((PUBLIC / "book" / f"{name}.html").read_text())}
        for scene in scenes_of(chapter):
            if scene != chapter.scene:
                chapter.start(scene)
            calls = 0
            linked = {(one, step) for one, step in linked if one != scene or step > chapter.step}
            while chapter.page.locator(CALL).is_visible():
                chapter.call()
                calls += 1
                linked.discard((scene, chapter.step))
                assert calls < 30 and chapter.caption(), f"{name}, {scene}: call {calls} has no words"
                words = chapter.page.inner_text("scene-player")
                assert not re.search(r"undefined|NaN|\bnull\b|\[object", words), f"{name}, {scene}, call {calls}: {words}"
            assert calls > 1, f"{name}, {scene} has no story"
            assert name != "bugs" or chapter.page.locator("code-listing .found").count() == 1, f"{scene}: the report has no line"
            told = chapter.get("/snapshot")
            assert told["step"] == chapter.step, f"{name}, {scene}: at {chapter.step}, the API at {told['step']}"
            if chapter.page.locator("frame-map button.cell:visible").count() and told["machine"]["kind"] == "classroom":
                same_frames(chapter)
            if chapter.page.locator("slab-strips .slab:visible").count():
                same_slabs(chapter)
        assert not chapter.refused, f"{name} asks for what is refused: {chapter.refused}"
        assert not linked, f"{name}: the text links to {linked}, which no scene comes to"
        chapter.close()


def light_and_alone(chapter, name):
    """The page is under its weight, and asks no other host."""
    own = {url: len(response.body()) for url, response in list(chapter.sizes.items()) if re.search(r"\.(html|js|css|svg)$", url)}
    weight = sum(own.values())
    assert len(own) > 10 and weight < MOST_BYTES, f"{name}: {weight} bytes"
    assert all(url.startswith(chapter.base + "/") for url in chapter.urls), chapter.urls


def same_frames(chapter):
    drawn, told = drawn_frames(chapter), told_frames(chapter, chapter.step)
    wrong = [pfn for pfn in told if drawn.get(pfn) not in told[pfn]]
    assert set(drawn) == set(told) and not wrong, f"frames {wrong[:5]} are drawn wrong"


def same_slabs(chapter):
    """The objects in use of the slabs on show are those of the API."""
    name = chapter.page.inner_text(".cache-title h3").split("\n")[0]
    cache = re.match(r"[\w-]+", name).group()
    whole = chapter.get(f"/caches/{cache}?limit=48")
    slabs = range(0) if whole["next"] is None else {slab["pfn"] for slab in whole["slabs"]}
    told = {one["address"] for one in chapter.get(f"/caches/{cache}/objects?limit=1000")["objects"]
            if not slabs or one["pfn"] in slabs}
    drawn = set(chapter.page.eval_on_selector_all(
        "button.object:is([data-object=live], [data-object=shared])", "all => all.map(one => one.dataset.address)"))
    assert told == drawn, f"{cache}: drawn {sorted(drawn)}, told {sorted(told)}"


@check
def book_questions_are_decided_by_the_machine(browser, base):
    chapter = Chapter(browser, base, "freeing", "#scene=wrong-order&step=2")
    chapter.at_step(2)
    listed = [entry["pfns"] for zone in chapter.get("/buddy")["zones"] for cpu in zone["per_cpu"]
              for entry in cpu["lists"] if entry["order"] == 3 and entry["pfns"]]
    (head,), = listed
    chapter.page.click(f"free-lists .per-cpu .chip[data-pfn='{head}'][data-count='8']")
    assert str(head) in chapter.page.inner_text("scene-player .guess-hint")
    chapter.call(guess=False)
    assert chapter.verdict().startswith("Right."), chapter.verdict()
    wrong = chapter.page.locator("frame-map .cell[data-state=free]").first
    wrong.click()
    chapter.call(guess=False)
    assert chapter.verdict().startswith("Not frame"), chapter.verdict()
    pages = chapter.get("/pages")["pages"]
    shared = max(page["pfn"] for page in pages)
    assert "handed out twice" in chapter.caption() and f"frame {shared}" in chapter.caption(), chapter.caption()
    assert all(f"#{page['id']}" in chapter.caption() for page in pages), chapter.caption()
    chapter.press("ArrowLeft", to=3)
    assert chapter.verdict().startswith("Right."), "a verdict belongs to its step"
    chapter.close()


# What a reader of the pages alone can answer: the chapter, the scene and step where it is asked, the right answer, and the figure.
ANSWERS = (
    ("asking", "three-pages", 0, "Three pages are needed", "4", "frame-map"),  # why 4 pages and not 3
    ("freeing", "frame-5248", 34, "who owns frame 5248", "both", "frame-map"),  # who owns it after the wrong free
    ("bytes", "double-kfree", 7, "A third one asks", None, "slab-strips"),  # why one address goes to two callers
    ("tlb", "vmalloc-or-kmalloc", 4, "over vmalloc", "all", "tlb-lab"),  # why vmalloc misses the TLB
    ("high", "pool-runs-out", 37, "One more kmap()", "sleeps", "kmap-pool"),  # why kmap can block
    ("contexts", "nobody-to-wait-for", 34, "now kmap_atomic()", "address", "temporary-slots"),  # and kmap_atomic cannot
    ("slabs", "home-made", 823, "Will the request be met", "no", "who-knows"),  # what a free list cannot
    ("slabs", "cache-shrinks", 822, "be met this time", "yes", "who-knows"),  # and what slab gives
)


@check
def book_asks_and_answers_what_a_reader_shall_know(browser, base):
    for name, scene, step, question, answer, figure in ANSWERS:
        chapter = Chapter(browser, base, name, f"#scene={scene}&step={step}")
        chapter.at_step(step)
        assert question in chapter.page.inner_text("scene-player .question"), f"{name}: {chapter.page.inner_text('scene-player')}"
        assert chapter.page.locator(figure).is_visible(), f"{name} has no {figure}"
        assert chapter.page.locator(f"main > p a[href^='#scene={scene}&']").count(), f"the text of {name} does not lead to {scene}"
        if answer is None:
            first = chapter.get("/journal?limit=10")["entries"][5]["returned"]
            chapter.page.click(f"slab-strips button.object[data-address='{first}']")
        else:
            chapter.page.click(f"scene-player .guesses button[value='{answer}']")
        chapter.call(guess=False)
        assert chapter.verdict().startswith("Right."), f"{name}: {chapter.verdict()}"
        chapter.close()


@check
def book_bugs_are_found_by_the_report(browser, base):
    chapter = Chapter(browser, base, "bugs", "#scene=off-by-one")
    for scene, line, found in (("off-by-one", 3, 3), ("forgotten", 1, 2)):
        chapter.start(scene)
        chapter.page.click(f"code-listing [data-line='{line}']")
        chapter.play()
        report = chapter.get("/report")
        step = (report["misuse"] or report["leaks"])[0]["step"]
        assert step == found, f"{scene}: {report}"
        assert chapter.page.get_attribute("code-listing .found", "data-line") == str(found)
        assert chapter.verdict().startswith("Right." if line == found else f"Not line {line}. "), chapter.verdict()
    chapter.close()


@check
def book_questions_come_before_their_calls(browser, base):
    chapter = Chapter(browser, base, "asking", "#scene=split&step=1")
    chapter.at_step(1)
    chapter.page.click("step-bar .next")
    assert chapter.page.evaluate("document.activeElement.matches('scene-player .question')") and chapter.step == 1, "the bar passes the question over"
    chapter.page.click("frame-map .cell[data-state=free] >> nth=-1")
    assert chapter.page.inner_text("step-bar .next") == "Check it ▶" and not chapter.page.locator("step-bar .skip-question").is_visible()
    chapter.click("step-bar .next", to=2)
    chapter.page.wait_for_selector("scene-player .outcome:has-text('Not ')")
    decided = {one["code"]: one["text"] for one in chapter.get("/journal/2/explain")["explain"]}
    assert decided["buddy-take"] in chapter.verdict() and "fallback-steal" not in decided, "the plain rule, as the kernel tells it"
    assert "fallback-steal" in {one["code"] for one in chapter.get("/journal/1/explain")["explain"]}
    chapter.click("step-bar .skip-question", to=3)
    assert not chapter.page.locator("scene-player .outcome").is_visible()
    chapter.close()


@check
def book_tells_a_checking_kernel_as_it_is(browser, base):
    chapter = Chapter(browser, base, "bytes", "#scene=double-kfree-debug&step=8")
    chapter.at_step(8)
    assert chapter.get("/snapshot")["halted"]["oops"] in chapter.caption(), "a call that never returned is told as such"
    told = {8: chapter.caption()}
    for step in range(7, 0, -1):
        chapter.press("ArrowLeft", to=step)
        told[step] = chapter.caption()
    assert "not freed" in told[5] and not [one for one in told.values() if re.search("goes round|CPU’s free list|does not look|get NULL", one)], told
    chapter.close()


@check
def book_links_lead_everyone_to_the_same_step(browser, base):
    chapter = Chapter(browser, base, "bytes", "#scene=double-kfree&step=5")
    chapter.at_step(5)
    assert "goes round" in chapter.caption(), chapter.caption()
    chapter.press("ArrowLeft", to=4)
    assert chapter.page.url.endswith("#scene=double-kfree&step=4")
    chapter.page.reload()
    chapter.idle()
    assert chapter.step == 4 and chapter.scene == "double-kfree"
    chapter.page.click(".prose a[href*='step=8'], main > p a[href*='step=8']")
    chapter.page.wait_for_selector("body[data-step='8']")
    assert chapter.page.evaluate("document.activeElement.id") == "figure", "the link leads to the figure"
    first, third = (chapter.get("/journal?limit=10")["entries"][index]["returned"] for index in (5, 7))
    assert first == third, "two callers, one address"
    chapter.close()


@check
def book_steps_are_explained_and_told_as_curl_and_c(browser, base):
    chapter = Chapter(browser, base, "asking", "#scene=split&step=2")
    chapter.at_step(2)
    for summary in ("Why?", "As curl", "As C"):
        chapter.page.click(f"step-tools summary:text-is('{summary}')")
    told = chapter.get("/journal/2/explain")["explain"]
    chapter.page.wait_for_selector("step-tools .why li")
    assert chapter.page.eval_on_selector_all(".why li", "all => all.map(one => one.textContent)") == [one["text"] for one in told] and told
    assert '"call":"__get_free_pages(GFP_KERNEL, 4)"' in chapter.page.inner_text("[aria-label='the curl line']")
    assert "unsigned long addr2 = __get_free_pages(GFP_KERNEL, 4);" in chapter.page.inner_text("[aria-label='the C code']")
    chapter.close()


@check
def book_tells_as_c_what_a_compiler_takes(browser, base):
    for name, address, step, told in (
        ("contexts", "#scene=overwritten", 6, 'pr_info("%#llx\\n", (u64)*(u32 *)p1);  /* 0x11111111 */'),
        ("virtual", "#scene=device", 2, "/* dma(0x1400000, 8192, DMA_BIT_MASK(32), DMA_FROM_DEVICE) */"),
    ):
        chapter = Chapter(browser, base, name, f"{address}&step={step}")
        chapter.at_step(step)
        chapter.page.click("step-tools summary:text-is('As C')")
        code = chapter.page.inner_text("[aria-label='the C code']")
        assert code.split("\n")[-1] == told, code
        chapter.close()


def told(chapter, text):
    chapter.page.wait_for_selector(f"scene-player .place:has-text('{text}')")
    chapter.idle()


@check
def book_branches_leave_the_story_as_it_was(browser, base):
    chapter = Chapter(browser, base, "freeing", "#scene=wrong-order&step=2")
    chapter.at_step(2)
    before = chapter.get("/snapshot")["state_hash"]
    chapter.page.click("step-tools summary:text-is('What if?')")
    chapter.page.click("step-tools .actions button")
    told(chapter, "On a branch")
    assert chapter.step == 2 and "misuse" not in chapter.page.inner_text("call-answer").lower()
    chapter.page.fill("#what-if", "alloc_pagez(GFP_KERNEL, 0)")
    chapter.page.press("#what-if", "Enter")
    chapter.page.click("step-tools .error button:text-is('alloc_pages')")
    chapter.press("Enter", to=3)
    assert "alloc_pages(GFP_KERNEL, 0)" in chapter.page.inner_text("call-answer")
    chapter.page.click(CALL)
    told(chapter, "call 2 of 4")
    assert chapter.get("/snapshot")["state_hash"] == before and "misuse" in chapter.page.inner_text("call-answer").lower()
    chapter.close()


@check
def book_calls_of_ones_own_are_on_a_branch(browser, base):
    chapter = Chapter(browser, base, "pages", "#scene=frames&step=1")
    chapter.at_step(1)
    before = chapter.get("/snapshot")["state_hash"]
    chapter.page.click("block-inspector [data-act=free]")
    told(chapter, "On a branch")
    assert chapter.step == 2 and chapter.page.url.endswith("#scene=frames&step=1"), chapter.page.url
    chapter.page.click(NEXT)
    told(chapter, "call 1 of")
    assert chapter.get("/snapshot")["state_hash"] == before
    chapter.call(guess=False)
    chapter.call(guess=False)
    assert chapter.page.url.endswith("#scene=frames&step=3"), chapter.page.url
    told_now = chapter.get("/journal")["entries"][2]["call"]
    visitor = Chapter(browser, base, "pages", "#scene=frames&step=3")
    visitor.at_step(3)
    assert visitor.get("/journal")["entries"][2]["call"] == told_now
    visitor.close()
    chapter.page.click("block-inspector [data-act=free]")
    told(chapter, "On a branch")
    chapter.vanish()
    chapter.page.click(NEXT)
    chapter.page.wait_for_selector("notice-bar >> text=up to step 3")
    assert chapter.step == 3 and chapter.get("/journal")["entries"][2]["call"] == told_now
    chapter.close()


@check
def book_sessions_that_vanish_are_made_again(browser, base):
    chapter = Chapter(browser, base, "freeing", "#scene=wrong-order&step=2")
    chapter.at_step(2)
    chapter.vanish()
    chapter.page.click("step-bar .skip-question")
    chapter.at_step(3)
    chapter.page.wait_for_selector("notice-bar >> text=The session had ended")
    assert chapter.page.url.endswith("#scene=wrong-order&step=3") and "call 3 of 4" in chapter.page.inner_text("scene-player .place")
    assert "up to step 2" in chapter.page.inner_text("notice-bar") and chapter.get("/snapshot")["step"] == 3
    with chapter.context.expect_page() as opened:
        chapter.page.evaluate("void window.open(location.href)")
    opened.value.wait_for_selector("body[data-step='3']:not([data-busy])")
    chapter.press("ArrowLeft", to=2)
    chapter.page.click("[data-act=call]")
    chapter.at_step(3)
    chapter.call(guess=False)
    assert chapter.step == 4 and len(chapter.boots) == 2, "another tab has ended this one's session"
    chapter.close()


CUT = "cannot be reached"


@check
def book_stays_where_it_is_while_the_server_is_away(browser, base):
    chapter = Chapter(browser, base, "freeing", "#scene=wrong-order&step=1", width=390, height=844)
    chapter.at_step(1)
    chapter.page.route("**/calls", lambda route: route.abort())
    chapter.page.click(CALL)
    chapter.page.wait_for_selector(f"notice-bar >> text={CUT}")
    box = chapter.page.locator("notice-bar .notice").bounding_box()
    assert 0 <= box["y"] < 600, f"what went wrong is said out of sight: {box}"
    assert chapter.page.get_attribute("step-tools details:has(#what-if)", "open") is None, "it has nothing to do with branches"
    chapter.page.unroute("**/calls")
    chapter.page.click(CALL)
    chapter.at_step(2)
    assert not chapter.page.locator("notice-bar .notice").count(), chapter.page.inner_text("notice-bar")
    chapter.page.route("**/sessions", lambda route: route.abort())
    chapter.page.click("button[data-scene=double-free]")
    chapter.page.wait_for_selector(f"notice-bar >> text={CUT}")
    chapter.idle()
    assert chapter.scene == "wrong-order" and "call 2 of 4" in chapter.page.inner_text("scene-player .place")
    assert chapter.page.get_attribute("button[data-scene=wrong-order]", "aria-pressed") == "true"
    chapter.page.unroute("**/sessions")
    chapter.call(guess=False)
    assert chapter.step == 3 and chapter.page.url.endswith("#scene=wrong-order&step=3"), chapter.page.url
    assert "A call of your own" not in chapter.caption(), chapter.caption()
    chapter.close()


@check
def book_takes_hasty_clicks_one_after_another(browser, base):
    chapter = Chapter(browser, base, "freeing", "#scene=double-free&step=4")
    chapter.at_step(4)
    chapter.page.evaluate("""() => {
        const undo = [...document.querySelectorAll('step-bar button')].find((one) => one.textContent.startsWith('Undo'));
        const call = document.querySelector('scene-player [data-act=call]');
        for (const button of [undo, call, undo, call, call, call]) button.click();
    }""")
    chapter.at_step(6)
    chapter.call()
    made = [entry["call"] for entry in chapter.get("/journal?limit=20")["entries"]]
    page, pages = "free_page(", "free_pages("
    shapes = ["__get_free_page(", page, page, "__get_free_pages(", pages, pages, "__get_free_pages("]
    assert len(made) == 7 and all(call.startswith(shape) for call, shape in zip(made, shapes)), made
    assert chapter.page.url.endswith("#scene=double-free&step=7"), chapter.page.url
    chapter.close()


@check
def book_draws_the_steps_of_a_walk_in_one_line(browser, base):
    chapter = Chapter(browser, base, "virtual", "#scene=scattered&step=13")
    chapter.at_step(13)
    for items in (".fields li", ".levels .level"):
        boxes = chapter.page.eval_on_selector_all(f"page-walk {items}", "all => all.map(one => one.getBoundingClientRect().toJSON())")
        assert len(boxes) == 3 and len({(box["top"], box["height"]) for box in boxes}) == 1, boxes
    chapter.close()


# Numbers in single frames that are wider than these.
RUNNING_OVER = """() => [...document.querySelectorAll('.cell.narrow .letter')]
    .filter((letter) => letter.offsetWidth > letter.parentElement.offsetWidth).length"""


@check
def book_numbers_of_allocations_stay_in_their_frames(browser, base):
    chapter = Chapter(browser, base, "pages")
    chapter.play()
    assert chapter.page.locator(".cell.narrow.crowded").count() > 9
    for width in (390, 1280, 1600, 1920, 2560):
        chapter.page.set_viewport_size({"width": width, "height": 1000})
        assert chapter.page.evaluate(RUNNING_OVER) == 0, width
    chapter.close()


@check
def book_shows_bytes_as_they_were_written(browser, base):
    chapter = Chapter(browser, base, "pages", "#scene=dirty-page&step=4")
    chapter.at_step(4)
    chapter.page.click("scene-player .guesses button[value=secret]")
    chapter.call(guess=False)
    for words in (chapter.caption(), chapter.verdict(), chapter.page.inner_text("call-answer .returned")):
        assert "0x5c5c5c5c" in words, words
    chapter.close()


@check
def book_scenes_are_followed_until_the_chapter_is_left(browser, base):
    chapter = Chapter(browser, base, "freeing", "#scene=wrong-order&step=2")
    chapter.at_step(2)
    chapter.page.click("step-tools summary:text-is('Share a view')")
    link = chapter.page.inner_text("[aria-label='the link to look on']")
    assert link == f"{base}/lab#view={chapter.session['view_token']}", link
    teacher = Lab(browser, base, path=link.removeprefix(base))
    teacher.page.wait_for_selector("watch-bar[data-line=live]")
    teacher.at_step(2)
    chapter.call(guess=False)
    teacher.at_step(3)
    first = chapter.session
    chapter.start("wrong-order-noticed")
    assert chapter.session["id"] != first["id"]
    seen = teacher.context.request.get(f"{base}/snapshot", headers={"Authorization": f"Bearer {first['view_token']}"})
    chapter.page.wait_for_selector("notice-bar >> text=Whoever looks on by your link still sees the scene before")
    assert seen.ok and teacher.page.get_attribute("watch-bar", "data-line") == "live"
    chapter.page.goto(f"{base}/")
    teacher.page.wait_for_selector("watch-bar >> text=the session has ended")
    chapter.close()
    teacher.close()


@check
def book_is_read_and_played_by_keyboard_alone(browser, base):
    chapter = Chapter(browser, base, "asking")
    chapter.page.keyboard.press("Tab")
    assert chapter.page.evaluate("document.activeElement.className") == "skip"
    chapter.page.keyboard.press("Enter")
    tab_until(chapter, "document.activeElement.matches('frame-map .cell')")
    chapter.page.keyboard.press("End")
    chapter.page.keyboard.press("Enter")
    assert "Your guess" in chapter.page.inner_text("scene-player .guess-hint")
    tab_until(chapter, "document.activeElement.matches('[data-act=call]')", key="Shift+Tab")
    chapter.press("Enter", to=2)
    assert chapter.page.evaluate("document.activeElement.matches('[data-act=call]')"), "the focus was lost"
    assert chapter.page.get_attribute("scene-player .caption", "aria-live") == "polite"
    chapter.page.keyboard.press("ArrowLeft")
    chapter.at_step(1)
    chapter.close()


def tab_until(chapter, condition, key="Tab"):
    for _ in range(60):
        chapter.page.keyboard.press(key)
        if chapter.page.evaluate(condition):
            return
    raise AssertionError(f"no way by {key} to: {condition}")


@check
def book_is_text_without_scripts_and_without_a_service(browser, base):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base)
    links = page.eval_on_selector_all(".chapters a", "all => all.map(one => one.getAttribute('href'))")
    assert sorted(links) == [f"book/{name}.html" for name in CHAPTERS], links
    for link in links:
        page.goto(f"{base}/{link}")
        text = page.inner_text("main")
        assert len(text.split()) > 250 and "JavaScript" in text and "Make the next call" not in text, link
    context.close()
    chapter = Chapter(browser, base, CHAPTERS[0], open=False)
    chapter.page.route("**/sessions", lambda route: route.abort())
    chapter.page.goto(f"{base}/book/{CHAPTERS[0]}.html")
    chapter.page.wait_for_selector("notice-bar .notice")
    assert "cannot be reached" in chapter.page.inner_text("notice-bar") and chapter.page.inner_text("h1")
    chapter.context.close()


@check
def book_fits_and_axe_finds_no_violation(browser, base):
    for width, theme in ((1280, "light"), (390, "dark")):
        lab = Lab(browser, base, width=width, theme=theme, open=False)
        lab.page.goto(base)
        no_violation(lab, f"the table of contents, {width} {theme}")
        lab.close()
    for name in CHAPTERS:
        chapter = Chapter(browser, base, name, reduced_motion="reduce")
        chapter.call()
        chapter.page.click("step-tools summary:text-is('What if?')")
        chapter.page.set_viewport_size({"width": 320, "height": 700})
        assert not chapter.scrolls_sideways(), f"{name} at 320 px scrolls sideways"
        for width, theme in ((1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")):
            chapter.page.set_viewport_size({"width": width, "height": 844})
            chapter.page.emulate_media(color_scheme=theme)
            assert not chapter.scrolls_sideways(), f"{name} at {width} px scrolls sideways"
            rules = None if (width, theme) == (1280, "light") else ["color-contrast", "scrollable-region-focusable"]
            no_violation(chapter, f"{name}, {width} {theme}", rules)
        chapter.close()
