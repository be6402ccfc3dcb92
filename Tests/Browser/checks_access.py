"""Everybody can use it: widths, themes, motion, no scripts, axe."""

from axe_playwright_python.sync_playwright import Axe

from support import BACK, check, Lab


@check
def fits_every_width_in_both_themes(browser, base):
    lab = Lab(browser, base, path="/lab.html#story=wrong-order")
    lab.page.wait_for_selector("story-list .card .primary")
    for width, height in ((320, 640), (390, 844), (768, 1024), (1280, 900), (1920, 1080)):
        for theme in ("light", "dark"):
            lab.page.set_viewport_size({"width": width, "height": height})
            lab.page.emulate_media(color_scheme=theme)
            assert not lab.scrolls_sideways(), f"{width} px scrolls sideways"
            ground = lab.page.evaluate("getComputedStyle(document.body).backgroundColor")
            dark = sum(map(int, ground[4:-1].split(","))) < 300
            assert dark == (theme == "dark"), ground
    lab.close()


@check
def nothing_moves_when_less_motion_is_wanted(browser, base):
    lab = Lab(browser, base, reduced_motion="reduce")
    duration = lab.page.evaluate("getComputedStyle(document.querySelector('.cell')).transitionDuration")
    assert duration == "0s", duration
    lab.close()


@check
def without_scripts_the_page_explains_itself(browser, base):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + "/lab.html")
    text = page.inner_text("body")
    assert "Free lists" not in text, "no empty panels"
    assert "curl" in text and "page frame" in text.lower() and "/calls" in text
    context.close()


@check
def axe_finds_no_violation(browser, base):
    lab = Lab(browser, base, reduced_motion="reduce")
    fits_and_axe_agrees(lab, "first look")
    lab.start_story("wrong-order")
    lab.play()
    lab.click(BACK)
    fits_and_axe_agrees(lab, "story")
    lab.boot("i386")
    no_violation(lab, "i386")
    lab.close()


def fits_and_axe_agrees(lab, where, widths=(1280, 390)):
    """
    The page as it is scrolls sideways at no width, and passes all of axe's rules in the light, and in the dark those
    that colours matter to. Nothing may move, or colours are under way. No script of a page looks at its width, so that
    a page made narrow is what a narrow one would be.
    """
    for width in widths:
        lab.page.set_viewport_size({"width": width, "height": 900})
        assert not lab.scrolls_sideways(), f"{width} px, {where}, scrolls sideways"
        no_violation(lab, f"{width} px, {where}, light")
        lab.page.emulate_media(color_scheme="dark")
        no_violation(lab, f"{width} px, {where}, dark", ["color-contrast", "scrollable-region-focusable"])
        lab.page.emulate_media(color_scheme="light")


def no_violation(lab, where, rules=None):
    """All of axe's rules, or only those named."""
    # What the browser does not draw since it is far out of sight is looked at too.
    lab.page.eval_on_selector_all(".panel", "all => all.forEach((panel) => panel.style.setProperty('content-visibility', 'visible'))")
    # Without the lists of what is right, which nobody reads, axe takes half the time; its half a megabyte is loaded once.
    # What it would load again are style sheets for rules that are not on.
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": rules} if rules else {})}
    axe = Axe("0") if lab.page.evaluate("'axe' in window") else Axe()
    results = axe.run(lab.page, options=options)
    found = [
        f"{v['id']}: {v['help']} at {v['nodes'][0]['target']} ({v['nodes'][0].get('failureSummary', '')[:200]})"
        for v in results.response["violations"]]
    assert not found, f"{where}: {found}"
