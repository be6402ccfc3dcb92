"""The checks of the page. Each is a function of (browser, base URL) and gets a machine of its own."""

import json
import subprocess

from axe_playwright_python.sync_playwright import Axe

from support import (
    COLUMNS, Lab, address_of, drawn_frames, drawn_geometry, drawn_lists, shared_frames, told_frames, told_lists)

CHECKS = []
NEXT, BACK = "step-bar .next", 'step-bar [aria-label="One step back"]'
FIRST, NEWEST = 'step-bar [aria-label="First step"]', 'step-bar [aria-label="Newest step"]'
ALLOCATE = "call-panel .allocate .primary"


def check(function):
    CHECKS.append(function)
    return function


@check
def first_load_is_paused_on_an_interesting_state(browser, base):
    lab = Lab(browser, base)
    assert lab.step >= 5, "a few calls were made"
    states = set(drawn_frames(lab).values())
    assert {"free", "per_cpu", "allocated", "reserved"} <= states, states
    assert lab.page.locator("free-lists .chip").count() > 10
    before = lab.step
    lab.page.reload()
    lab.idle()
    assert lab.step == before, "a reload finds the session again and calls nothing"
    lab.close()


@check
def page_is_light_and_talks_to_its_own_server_only(browser, base):
    lab = Lab(browser, base, open=False)
    sizes = []
    lab.page.on("response", lambda response: sizes.append(response))
    lab.open()
    foreign = [url for url in lab.urls if not url.startswith(base)]
    assert not foreign, foreign
    static = [r for r in sizes if r.url.endswith((".js", ".css", ".svg", ".html")) or r.url.rstrip("/") == base]
    weight = sum(len(response.body()) for response in static)
    assert len(static) > 15 and weight < 200_000, f"{weight} bytes"
    markup = static[0].text()
    assert "style=" not in markup and "onclick" not in markup, "nothing inline, the CSP forbids it"
    policy = static[0].headers.get("content-security-policy", "")
    assert "default-src 'self'" in policy, f"policy: {policy!r}"
    lab.close()


@check
def map_and_lists_equal_the_snapshots_at_every_step(browser, base):
    lab = Lab(browser, base)
    last = lab.step
    for step in range(last, -1, -1):
        same_as_told(lab, step)
        if step:
            lab.click(BACK, to=step - 1)
    for step in range(1, last + 1):
        lab.click(NEXT, to=step)
        same_as_told(lab, step)
    lab.close()


def same_as_told(lab, step):
    drawn, told = drawn_frames(lab), told_frames(lab, step)
    assert set(drawn) == set(told), f"step {step}: other frames are drawn than told"
    wrong = [pfn for pfn in told if drawn[pfn] not in told[pfn]]
    assert not wrong, f"step {step}: frames {wrong[:5]} are drawn wrong"
    lists, expected = drawn_lists(lab), told_lists(lab, step)
    for key, row in expected.items():
        shown = lists.get(key, {"count": 0, "pfns": []})
        assert shown == row, f"step {step}, {key}: drawn {shown}, told {row}"


@check
def blocks_of_any_order_are_rectangles_at_their_frame_number(browser, base):
    lab = Lab(browser, base)
    zones = lab.get("/zones")["zones"]
    for pfn, row, column, rows, columns in drawn_geometry(lab):
        zone = next(z for z in zones if pfn < z["start_pfn"] + z["spanned_pages"])
        first_row = zone["start_pfn"] // COLUMNS
        assert (row - 1 + first_row) * COLUMNS + column - 2 == pfn, pfn
        assert rows == 1 or columns == COLUMNS, pfn
    lab.close()


@check
def allocate_and_free_by_clicking(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    lab.page.select_option("#function", "__get_free_pages")
    lab.page.fill("#order", "3")
    lab.click(ALLOCATE, to=start + 1)
    page = lab.get(f"/pages/{start + 1}")
    assert page["order"] == 3
    cell = lab.page.locator(f'button.cell[data-pfn="{page["pfn"]}"]')
    assert cell.get_attribute("data-state") == "allocated" and "changed" in cell.get_attribute("class")
    assert page["address"] in lab.answer() and "/pages" in lab.answer()
    lab.page.click(f'button.cell[data-pfn="{page["pfn"]}"]')
    assert page["address"] in lab.page.inner_text("block-inspector")
    lab.click('block-inspector [data-act="free"]', to=start + 2)
    assert cell.get_attribute("data-state") == "per_cpu", "order 3 goes to the CPU's own list"
    assert "-X DELETE" in lab.answer()
    before = lab.page.locator("live-pages tbody tr").count()
    lab.click("live-pages tbody tr:first-child td:last-child button", to=start + 3)
    assert lab.page.locator("live-pages tbody tr").count() == before - 1
    lab.close()


@check
def allocate_and_free_by_typing(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    lab.type_call("__get_free_pages(GFP_KERNEL, 2)", to=start + 1)
    address = lab.get(f"/pages/{start + 1}")["address"]
    assert address_of(lab.page.inner_text("call-answer .returned")) == address
    lab.type_call(f"free_pages({address}, 2)", to=start + 2)
    assert "free_pages" in lab.page.inner_text("step-bar .current")
    assert "misuse" not in lab.answer().lower()
    lab.type_call("get_zereod_page(GFP_KERNEL)")
    assert lab.step == start + 2 and "get_zeroed_page" in lab.page.inner_text("call-panel .error")
    lab.page.click("call-panel .error button")
    lab.press("Enter", to=start + 3)
    assert "get_zeroed_page(GFP_KERNEL)" in lab.answer()
    lab.page.press("#call-text", "ArrowUp")
    assert lab.page.input_value("#call-text") == "get_zeroed_page(GFP_KERNEL)"
    lab.type_call("alloc_pages(GFP_KERNEL, 10)", to=start + 4)
    assert "NULL" in lab.answer() and "ENOMEM" in lab.answer()
    lab.close()


@check
def everything_by_keyboard_alone(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    tab_until(lab, "document.activeElement.matches('.allocate .primary')")
    lab.press("Enter", to=start + 1)
    held = lab.get(f"/pages/{start + 1}")
    tab_until(lab, "document.activeElement.matches('button.cell')")
    lab.press("Home")
    walk_to(lab, held["pfn"])
    assert lab.page.evaluate("document.activeElement.dataset.state") == "allocated"
    outline = lab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is visible"
    lab.press("ArrowDown")
    assert lab.page.evaluate("+document.activeElement.dataset.pfn") > held["pfn"]
    lab.press("Home")
    walk_to(lab, held["pfn"])
    lab.press("Enter")
    tab_until(lab, "document.activeElement.dataset.act === 'wrong' || document.activeElement.dataset.act === 'free'")
    tab_stops = lab.page.locator('frame-map [tabindex="0"]').count()
    assert tab_stops == 1, f"{tab_stops} tab stops in the map"
    lab.press("Enter", to=start + 2)
    assert lab.page.evaluate("document.activeElement !== document.body"), "the focus was not lost"
    lab.close()


def walk_to(lab, pfn):
    for _ in range(400):
        if lab.page.evaluate("+document.activeElement.dataset.pfn") == pfn:
            return
        lab.press("ArrowRight")
    raise AssertionError(f"no way by arrows to frame {pfn}")


def tab_until(lab, condition):
    for _ in range(80):
        lab.page.keyboard.press("Tab")
        if lab.page.evaluate(condition):
            return
    raise AssertionError(f"no way by Tab to: {condition}")


@check
def steps_by_buttons_keys_slider_and_address(browser, base):
    lab = Lab(browser, base)
    last = lab.step
    lab.click(FIRST, to=0)
    lab.click(NEXT, to=1)
    lab.page.evaluate("document.activeElement.blur()")
    lab.press("ArrowRight", to=2)
    lab.press("ArrowLeft", to=1)
    assert lab.page.url.endswith("#step=1")
    assert "past" in lab.page.inner_text("notice-bar")
    lab.page.focus("step-bar input")
    lab.press("ArrowRight", to=2)
    lab.press("End", to=last)
    lab.page.evaluate("location.hash = '#step=3'")
    lab.at_step(3)
    lab.page.reload()
    lab.at_step(3)
    entry = lab.get("/journal")["entries"][2]
    assert entry["call"] in lab.answer()
    assert entry["call"] in lab.page.text_content("call-answer [aria-live]"), "the step is spoken"
    lab.click("notice-bar button", to=last)
    lab.click(FIRST, to=0)
    lab.click(NEWEST, to=last)
    lab.close()


@check
def undo_and_redo_change_the_machine(browser, base):
    lab = Lab(browser, base)
    last = lab.step
    hashes = [lab.get(f"/snapshot?step={step}")["state_hash"] for step in (last - 2, last)]
    lab.click(BACK, to=last - 1)
    lab.click(BACK, to=last - 2)
    lab.click("step-bar .undo button:first-child")
    assert lab.get("/zones")["step"] == last - 2 and lab.get("/snapshot")["state_hash"] == hashes[0]
    lab.click("step-bar .undo button:last-child", to=last - 1)
    lab.click("step-bar .undo button:last-child", to=last)
    assert lab.get("/snapshot")["state_hash"] == hashes[1]
    same_as_told(lab, last)
    lab.close()


@check
def pointing_links_the_two_views(browser, base):
    lab = Lab(browser, base)
    chip = lab.page.locator('.chip[data-state="free"]').first
    pfn = chip.get_attribute("data-pfn")
    chip.hover()
    assert lab.page.locator(f'button.cell.linked[data-pfn="{pfn}"]').count() == 1
    lab.page.hover("h1")
    assert lab.page.locator(".linked").count() == 0
    cell = lab.page.locator('button.cell[data-state="per_cpu"]').first
    cell.hover()
    assert lab.page.locator(f'.chip.linked[data-pfn="{cell.get_attribute("data-pfn")}"]').count() == 1
    lab.page.hover("h1")
    lab.page.focus('.chip[tabindex="0"]')
    assert lab.page.locator("button.cell.linked").count() == 1
    lab.press("ArrowRight")
    pfn = lab.page.evaluate("document.activeElement.dataset.pfn")
    assert lab.page.locator(f'button.cell.linked[data-pfn="{pfn}"]').count() == 1
    lab.close()


@check
def article_bug_ends_in_a_frame_handed_out_twice(browser, base):
    lab = Lab(browser, base)
    lab.start_story("wrong-order")
    calls = lab.play()
    twice = shared_frames(lab.get("/pages")["pages"])
    assert twice, "the API has frames with two owners"
    shared = {pfn for pfn, count in lab.page.eval_on_selector_all(
        "button.cell.shared", "cells => cells.map(c => [+c.dataset.pfn, +c.dataset.count])")
        for pfn in range(pfn, pfn + count)}
    assert twice <= shared, f"owned twice {sorted(twice)}, drawn as such {sorted(shared)}"
    assert "handed out twice" in lab.page.inner_text("story-list .card")
    assert "wrong order" in lab.page.inner_text("report-panel").lower()
    lab.click(FIRST, to=0)
    for step in range(1, calls + 1):
        lab.click(NEXT, to=step)
        same_as_told(lab, step)
        if step == 2:
            assert "did not notice" in lab.answer()
    lab.close()


@check
def other_stories_end_as_told(browser, base):
    lab = Lab(browser, base)
    lab.start_story("four-pages")
    lab.play()
    first, third = (lab.get("/journal")["entries"][i]["returned"] for i in (0, 2))
    assert first == third, "last in, first out"
    lab.start_story("double-free")
    lab.play()
    codes = [misuse["code"] for misuse in lab.get("/report")["misuse"]]
    assert len(codes) >= 2, codes
    assert "Bad page state" in lab.answer()
    lab.start_story("dirty-page")
    for call in range(1, 7):
        lab.click("story-list .card .primary", to=call)
        if call in (4, 6):
            expected = "5c 5c" if call == 4 else "00 00"
            lab.page.wait_for_function(
                "text => document.querySelector('block-inspector .bytes').textContent.includes(text)", arg=expected)
    lab.close()


@check
def address_starts_a_story(browser, base):
    lab = Lab(browser, base, path="/#story=double-free")
    lab.page.wait_for_selector("story-list .card .primary")
    assert lab.step == 0
    lab.click(NEXT, to=1)
    lab.close()


@check
def copied_curl_line_does_the_same(browser, base):
    lab = Lab(browser, base)
    lab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    step = lab.step
    lines = []
    lab.page.click("call-answer details >> text=token")
    for name in ("the token line", "the curl line"):
        lab.page.click(f'[aria-label="Copy {name}"]')
        lines.append(lab.page.evaluate("navigator.clipboard.readText()"))
    done = subprocess.run(["bash", "-c", "; ".join(lines)], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["step"] == step + 1, done.stdout + done.stderr
    lab.close()


@check
def expired_session_boots_a_new_one_and_says_so(browser, base):
    lab = Lab(browser, base)
    lab.context.clear_cookies()
    lab.click(ALLOCATE)
    assert "expired" in lab.page.inner_text("notice-bar") and lab.step == 0
    lab.context.clear_cookies()
    lab.page.reload()
    lab.idle()
    assert "expired" in lab.page.inner_text("notice-bar")
    lab.click(ALLOCATE, to=lab.step + 1)
    lab.close()


@check
def halted_machine_offers_undo_and_reboot(browser, base):
    lab = Lab(browser, base)
    lab.boot("classroom", debug=True)
    lab.type_call("__get_free_page(GFP_KERNEL)", to=1)
    address = lab.get("/pages/1")["address"]
    lab.type_call(f"free_page({address})", to=2)
    lab.type_call(f"free_page({address})")
    assert "halted" in lab.page.inner_text("notice-bar"), lab.answer()
    lab.click(ALLOCATE)
    assert "halted" in lab.page.inner_text("call-panel .error")
    lab.click("notice-bar >> text=Undo the last call", to=2)
    lab.click(ALLOCATE, to=3)
    assert not lab.page.locator(".halted").count()
    lab.type_call(f"free_pages({lab.get('/pages/3')['address']}, 2)", to=4)
    lab.type_call(f"free_pages({lab.get('/journal')['entries'][2]['returned']}, 2)")
    lab.click("notice-bar >> text=Reboot", to=0)
    assert lab.get("/zones")["step"] == 0
    lab.close()


@check
def large_machines_stay_usable(browser, base):
    for kind in ("i386", "x86_64"):
        lab = Lab(browser, base)
        lab.boot(kind)
        assert lab.page.locator("button.cell, button.page-block").count() < 3000
        lab.click(ALLOCATE, to=1)
        held = lab.get("/pages/1")
        cell = lab.page.locator(f'.detail button.cell[data-pfn="{held["pfn"]}"]')
        assert cell.get_attribute("data-state") == "allocated", "the page block with the change is shown"
        block = lab.page.locator("button.page-block").nth(2)
        start = int(block.get_attribute("data-pfn"))
        block.click()
        assert str(start) in lab.page.inner_text(".detail h3")
        told = told_frames(lab, 1)
        for pfn, state in drawn_frames(lab).items():
            assert state in told[pfn], pfn
        assert not lab.scrolls_sideways()
        lab.close()


@check
def fits_every_width_in_both_themes(browser, base):
    for width, height in ((320, 640), (390, 844), (768, 1024), (1280, 900), (1920, 1080)):
        for theme in ("light", "dark"):
            lab = Lab(browser, base, width=width, height=height, theme=theme, path="/#story=wrong-order")
            lab.page.wait_for_selector("story-list .card .primary")
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
    page.goto(base)
    text = page.inner_text("body")
    assert "curl" in text and "page frame" in text.lower() and "/calls" in text
    context.close()


@check
def axe_finds_no_violation(browser, base):
    for width, theme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
        lab = Lab(browser, base, width=width, theme=theme)
        no_violation(lab, f"{width} {theme}, first look")
        lab.start_story("wrong-order")
        lab.play()
        lab.click(BACK)
        no_violation(lab, f"{width} {theme}, story")
        lab.close()
    lab = Lab(browser, base)
    lab.boot("i386")
    no_violation(lab, "i386")
    lab.close()


def no_violation(lab, where):
    results = Axe().run(lab.page)
    found = [
        f"{v['id']}: {v['help']} at {v['nodes'][0]['target']} ({v['nodes'][0].get('failureSummary', '')[:200]})"
        for v in results.response["violations"]]
    assert not found, f"{where}: {found}"
