"""What one can do: call by click, by typing and by keyboard, step, undo, copy, recover."""

import json
import subprocess

from support import ALLOCATE, BACK, FIRST, NEWEST, NEXT, address_of, check, Lab, same_as_told


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
    assert lab.page.locator(".changed").count(), "what the step changed is marked"
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
def each_click_on_undo_takes_back_one(browser, base):
    lab = Lab(browser, base)
    step = lab.step
    lab.page.evaluate("() => { const undo = document.querySelector('step-bar .undo button'); undo.click(); undo.click(); undo.click(); }")
    lab.at_step(step - 3)
    assert lab.get("/zones")["step"] == step - 3
    lab.click("step-bar .undo button:last-child", to=step - 2)
    lab.close()


@check
def a_second_click_on_redo_does_nothing(browser, base):
    lab = Lab(browser, base)
    lab.click("step-bar .undo button >> text=Undo the last call")
    step = lab.step
    lab.page.evaluate("() => { const redo = [...document.querySelectorAll('step-bar button')].find((one) => one.textContent === 'Redo'); redo.click(); redo.click(); }")
    lab.at_step(step + 1)
    assert not lab.page.locator("notice-bar .notice.halted").count(), lab.page.inner_text("notice-bar")
    lab.click(ALLOCATE, to=step + 2)
    lab.close()


@check
def a_refusal_that_is_no_halt_is_told_as_such(browser, base):
    lab = Lab(browser, base)
    lab.page.evaluate("async () => (await import('/lab.js')).lab.perform({ method: 'POST', path: '/redo', body: {} })")
    lab.idle()
    assert not lab.page.locator("notice-bar .notice.halted").count(), lab.page.inner_text("notice-bar")
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
    address = address_of(lab.page.inner_text("call-answer .returned"))
    lab.type_call(f"free_page({address})", to=2)
    lab.type_call(f"free_page({address})", to=3)
    assert "kernel BUG at include/linux/mm.h:780!" in lab.answer() and "did not return" in lab.answer()
    assert "halted" in lab.page.inner_text("notice-bar"), lab.answer()
    halted_at = lab.step
    lab.click(ALLOCATE)
    assert "halted" in lab.page.inner_text("call-panel .error")
    lab.page.reload()
    lab.idle()
    assert "halted" in lab.page.inner_text("notice-bar"), "also after a reload"
    lab.click("notice-bar >> text=Undo the last call", to=halted_at - 1)
    assert not lab.page.locator(".halted").count()
    lab.click(ALLOCATE, to=halted_at)
    lab.type_call("memset(0x1000, 0, 4)")
    lab.click("notice-bar >> text=Reboot", to=0)
    assert lab.get("/zones")["step"] == 0
    lab.close()


@check
def a_call_tells_nothing_of_the_past(browser, base):
    lab = Lab(browser, base)
    lab.page.evaluate("""() => {
        window.told = [];
        const bar = document.querySelector('notice-bar');
        new MutationObserver(() => window.told.push(bar.textContent)).observe(bar, { childList: true });
    }""")
    lab.click(ALLOCATE, to=lab.step + 1)
    lab.type_call("alloc_page(GFP_NONSENSE)")
    assert lab.page.inner_text("#call-error") != ""
    lab.click(ALLOCATE, to=lab.step + 1)
    assert lab.page.inner_text("#call-error") == "", "what was refused before is not on show any more"
    assert not any(lab.page.evaluate("window.told")), lab.page.evaluate("window.told")
    lab.close()
