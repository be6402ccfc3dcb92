"""Figures in other people's pages: alive in a frame of another site, on a session of their own, and only these forms."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from checks_book import Chapter
from support import Lab, check, drawn_frames

READY = "body[data-step='{}']:not([data-busy]):not([data-opening])"


@contextmanager
def elsewhere(html):
    """The address of a page of another site: `localhost`, where the server under test is `127.0.0.1`."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def frames_page(base, *targets):
    return "<!doctype html><title>Slides</title>" + "".join(
        f'<iframe name="f{index}" src="{base}{target}" width="760" height="600"></iframe>' for index, target in enumerate(targets))


def settled_frame(page, name):
    """The frame once it has an address. A refused one has none, and no name, while the browser changes to its own page."""
    place = page.wait_for_selector(f"iframe[name={name}]")
    for _ in range(1000):
        frame = place.content_frame()
        if frame is not None and frame.url not in ("", "about:blank"):
            return frame
        page.wait_for_timeout(20)
    raise AssertionError(f"frame {name} came to no address")


@check
def figures_live_in_frames_of_another_site(browser, base):
    visitor = Lab(browser, base)
    before = visitor.get("/snapshot")["state_hash"]
    targets = ("/book/asking.html?embed=map#scene=split&step=1", "/book/bytes?embed#scene=rounding&step=2")
    with elsewhere(frames_page(base, *targets)) as address:
        page = visitor.context.new_page()
        sent = []
        page.on("request", lambda request: sent.append(request))
        page.goto(address)
        first, second = settled_frame(page, "f0"), settled_frame(page, "f1")
        first.wait_for_selector(READY.format(1))
        second.wait_for_selector(READY.format(2))
        assert first.locator("frame-map .cell.changed").first.is_visible()
        for hidden in ("free-lists", "h1", ".scenes", "step-tools", "scene-player", "footer"):
            assert not first.locator(hidden).first.is_visible(), f"{hidden} is no part of one figure"
        assert first.locator("step-bar .caption").inner_text(), "the step has its words"
        first.click("step-bar .next")
        first.wait_for_selector(READY.format(2))
        second.click("scene-player [data-act=call]")
        second.wait_for_selector(READY.format(3))
        assert first.locator("step-bar .place").inner_text() == "Step 2 of 2", "the other frame has not ended this one's session"
        first.click("step-bar .next")
        first.wait_for_selector(READY.format(3))
        asked = [request for request in sent if request.url.startswith(base)]
        assert len(asked) > 40 and not [one.url for one in asked if "cookie" in one.all_headers()], "a frame sent the visitor's cookie"
    assert visitor.get("/snapshot")["state_hash"] == before, "the visitor's own machine is as it was"
    visitor.close()


@check
def nothing_else_is_shown_in_frames(browser, base):
    targets = ("/book/asking.html", "/lab.html?embed", "/?embed", "/book/asking.html?x=embed")
    with elsewhere(frames_page(base, *targets)) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        for index, target in enumerate(targets):
            url = settled_frame(page, f"f{index}").url
            assert url.startswith("chrome-error:"), f"{target} is shown in a frame: {url}"
        context.close()


@check
def links_below_a_figure_lead_to_it_alone(browser, base):
    chapter = Chapter(browser, base, "high", "#scene=low-and-high&step=4")
    chapter.at_step(4)
    chapter.page.click("step-tools summary:text-is('Link')")
    assert chapter.page.inner_text("[aria-label='the address of the step']") == chapter.page.url
    lines = chapter.page.locator("step-tools pre[aria-label^='the frame of']").all_inner_texts()
    assert len(lines) == 4 and lines[0].startswith(f'<iframe src="{base}/book/high.html?embed#scene=low-and-high&amp;step=4"'), lines
    chapter.page.set_content("<!doctype html>" + lines[2].replace("<iframe", "<iframe name=alone"))
    frame = settled_frame(chapter.page, "alone")
    frame.wait_for_selector(READY.format(4))
    assert frame.locator("kmap-pool button.pk.changed").count() == 1 and not frame.locator("memory-line").is_visible()
    chapter.context.close()


@check
def each_figure_is_shown_alone(browser, base):
    chapter = Chapter(browser, base, "asking", open=False)
    for name, scene, figure, element in FIGURES:
        chapter.page.goto(f"{base}/book/{name}.html?embed={figure}#scene={scene}")
        chapter.idle()
        chapter.page.wait_for_selector(f".panel.wanted {element}")
        assert chapter.page.locator(".picture .panel:visible").count() == 1, f"{name}: {figure} is not alone"
        assert not chapter.scrolls_sideways(), f"{name}: {figure} scrolls sideways"
        if figure == "map":
            assert len(drawn_frames(chapter)) == 1024, "the whole machine"
    chapter.close()


@check
def the_stage_has_its_figure_in_sight(browser, base):
    for width in (760, 400):
        chapter = Chapter(browser, base, "asking", open=False, width=width, height=600)
        chapter.page.goto(f"{base}/book/asking.html?embed#scene=split&step=1")
        chapter.idle()
        top = chapter.page.locator("frame-map").bounding_box()["y"]
        assert top < 250 and chapter.page.evaluate("scrollY") == 0, f"at {width} × 600 the map begins at {top}"
        assert not chapter.scrolls_sideways(), f"the stage at {width} px scrolls sideways"
        chapter.close()


# Each kind of figure once: the chapter, a scene, its name, and what is in it.
FIGURES = (
    ("asking", "split", "map", "frame-map"), ("freeing", "wrong-order", "lists", "free-lists"), ("pages", "dirty-page&step=1", "block", "block-inspector .bytes"),
    ("pages", "dirty-page&step=2", "bytes", "page-bytes .page-strip"),
    ("slabs", "two-cpus&step=1", "slabs", "slab-view slab-strips"), ("slabs", "home-made", "knows", "who-knows .knows >> nth=0"), ("virtual", "scattered", "areas", "area-map"),
    ("virtual", "scattered", "walk", "page-walk"), ("tlb", "vmalloc-or-kmalloc", "loads", "tlb-lab"), ("tlb", "vmalloc-or-kmalloc", "tlb", "tlb-picture"),
    ("high", "low-and-high", "line", "memory-line"), ("high", "low-and-high", "pool", "kmap-pool"), ("contexts", "overwritten", "slots", "temporary-slots"),
    ("bugs", "half", "listing", "code-listing"), ("bugs", "half", "report", "report-panel"),
)
