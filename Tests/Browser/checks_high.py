"""High memory and contexts: slots equal the API, the bar says what the API says, stories end as told, everybody can use it."""

from checks_access import fits_and_axe_agrees
from checks_acting import tab_until
from support import BACK, Lab, check

STORY = "story-list .card .primary"
BAR = "context-bar"
WIDTHS = (320, 390, 1280, 1920)


def about_mappings(lab):
    lab.page.click('[data-topic-of="high"]')


def tell(lab, name, to=None):
    """Opens the controls of the CPU if need be, and makes a call of them."""
    if lab.page.get_attribute("context-bar .quiet", "aria-expanded") == "false":
        lab.page.click("context-bar .quiet")
    lab.click(f'context-bar [data-key="{name}"]', to=to)


def boot(lab, kind, cpus=1, debug=False):
    lab.page.fill("#cpus", str(cpus))
    lab.boot(kind, debug=debug)


def same_slots_as_told(lab):
    """Every slot of the pool and of each CPU has its frame and its state, and the sleepers are those of the API."""
    lab.open_part("high")
    told = lab.get(f"/kmap?step={lab.step}&limit=1024")
    drawn = lab.page.eval_on_selector_all(
        "button.pk", "all => all.map(b => [+b.dataset.slot, b.dataset.slotState, b.dataset.pfn ? +b.dataset.pfn : null])")
    assert drawn == [[one["slot"], one["state"], one["pfn"]] for one in told["slots"]], drawn
    labels = lab.page.eval_on_selector_all("button.pk", "all => all.map(b => b.ariaLabel)")
    assert all(f"count {one['count']}" in label for one, label in zip(told["slots"], labels)), labels
    last = lab.page.eval_on_selector_all("button.pk.last", "all => all.map(b => +b.dataset.slot)")
    assert last == ([told["last_pkmap_nr"]] if told["slot_count"] else []), last
    assert lab.page.locator(".sleepers li").count() == len(told["waiting"])
    for number, task in enumerate(told["waiting"]):
        assert f"Task {task['pid']} sleeps on CPU {task['cpu']} since step {task['step']}" in lab.page.inner_text(f".sleepers li >> nth={number}")
    same_temporary_slots_as_told(lab)


def same_temporary_slots_as_told(lab):
    told = lab.get(f"/kmap_atomic?step={lab.step}")
    drawn = dict(lab.page.eval_on_selector_all(
        "button.tk", "all => all.map(b => [b.dataset.address, [b.dataset.slotState, b.dataset.pfn ? +b.dataset.pfn : null]])"))
    for slot in (slot for cpu in told["cpus"] for slot in cpu["slots"]):
        state, pfn = drawn.get(slot["address"], ["free", None])
        assert pfn == slot["pfn"], slot
        live = [one for one in told["mappings"] if one["address"] == slot["address"]]
        expected = {0: "left", 1: "used"}.get(len(live), "overwritten") if pfn is not None else "free"
        assert state == expected, (slot, live, state)
    uses = lab.get(f"/kmap?step={lab.step}")["uses"]
    assert lab.page.locator(".mapping-list .link").count() == min(40, len(told["mappings"]) + len(uses))


def same_context_as_told(lab):
    told = lab.get(f"/context?step={lab.step}")
    cpu = told["cpus"][told["cpu"]]
    facts = dict(lab.page.eval_on_selector_all(".fact", "all => all.map(f => [f.dataset.fact, f.querySelector('b').textContent])"))
    depth = cpu["preempt_disabled"]
    assert facts == {
        "task": str(cpu["pid"]), "preempt_count": cpu["preempt_count"],
        "preempt_disabled": f"{depth}" if int(cpu["preempt_count"], 16) & 0xFF >= depth else f"{depth}, not counted", "interrupts": "off" if cpu["irqs_disabled"] else "on",
        "locks": ", ".join(lock["name"] for lock in cpu["locks"]) or "none"}, facts
    names = {"process": "process context", "softirq": "in a softirq", "hardirq": "in an interrupt"}
    assert lab.page.inner_text("context-bar .context") == names[cpu["context"]]
    verdict = lab.page.inner_text("context-bar .verdict")
    if cpu["spins_for"]:
        assert verdict == f"⟳ spins for the lock {cpu['spins_for']}"
    else:
        assert verdict == ("✓ may sleep" if cpu["may_sleep"] else f"✕ must not sleep: {', '.join(cpu['why_not'])}"), verdict
    if len(told["cpus"]) > 1:
        assert lab.page.inner_text(".cpus [aria-pressed=true]").startswith(f"CPU {told['cpu']}")
        assert lab.page.locator(".cpus button").count() == len(told["cpus"])


def play(lab, story):
    """Makes all calls of a story; slots and context agree with the API after each. Returns the captions."""
    lab.start_story(story)
    captions = []
    while lab.page.locator(STORY).count():
        lab.click(STORY)
        captions.append(lab.page.inner_text("story-list .card .caption"))
        assert len(captions) < 30, "the story does not end"
        same_slots_as_told(lab)
        same_context_as_told(lab)
    return captions


@check
def pool_that_runs_out_sleeps_and_is_woken(browser, base):
    lab = Lab(browser, base)
    captions = play(lab, "pool-runs-out")
    assert len(captions) == 9 and lab.step == 40
    full, woken = lab.get("/kmap?step=38"), lab.get("/kmap?step=39")
    assert full["used"] == full["slot_count"] == 16 and [one["step"] for one in full["waiting"]] == [38]
    address = next(use["address"] for use in woken["uses"] if use["id"] == 38)
    assert "task 1 sleeps" in captions[6] and address in captions[7] and "Task 1 goes on" in captions[8]
    assert "slot 2" in captions[4], "slot 1 was given up, and is not free"
    lab.click(BACK, to=39)
    assert f"The call of step 38 ended with this one: task 1 goes on, on CPU 0, and has {address}" in lab.answer()
    lab.click(BACK, to=38)
    assert "has not returned" in lab.answer() and "returned\n" not in lab.answer() and "sleeps" in lab.page.text_content("call-answer [aria-live]")
    same_slots_as_told(lab)
    lab.click(BACK, to=37)
    assert "16 of 16" in lab.page.inner_text("story-list .card .caption")
    lab.click(BACK, to=36)
    assert lab.page.inner_text("story-list .card .caption") == captions[5], "calls of a batch share their caption"
    lab.page.reload()
    lab.at_step(36)
    lab.page.evaluate("location.hash = '#story=pool-runs-out&step=38'")
    lab.at_step(38)
    assert "has not returned" in lab.answer(), "also after a reload"
    lab.close()


@check
def next_mapping_simply_overwrites(browser, base):
    lab = Lab(browser, base)
    captions = play(lab, "overwritten")
    entries = lab.get("/journal")["entries"]
    assert entries[2]["returned"] == entries[6]["returned"], "both got the same address"
    assert [entries[5]["returned"], entries[8]["returned"]] == [0x11111111, 0x22222222]
    assert "11111111" in captions[5] and "misuse" in captions[5] and "22222222" in captions[8]
    assert [one["code"] for one in lab.get("/report")["misuse"]] == ["used-after-kunmap"]
    lab.page.evaluate("location.hash = '#step=5'")
    lab.at_step(5)
    left = lab.page.locator('button.tk[data-slot-state="left"]')
    assert left.count() == 1 and "left over" in left.inner_text() and "still leads to frame" in lab.answer()
    lab.close()


@check
def stories_of_sleeping_end_as_told(browser, base):
    lab = Lab(browser, base)
    captions = play(lab, "may-it-sleep")
    misuse = lab.get("/report")["misuse"]
    assert [(one["code"], one["noticed_by_kernel"]) for one in misuse] == [("sleep-in-atomic", False), ("vmalloc-in-interrupt", True)]
    assert "kernel BUG at mm/vmalloc.c" in lab.page.inner_text("notice-bar") and "answered NULL" not in lab.answer()
    assert lab.get("/context?step=5")["cpus"][0]["deferred_vfree"] and "list of this CPU" in captions[4]
    assert lab.get("/vmalloc?step=5")["areas"] and not lab.get("/vmalloc?step=6")["areas"] and "gives the area up" in captions[5]
    lab.page.evaluate("location.hash = '#step=5'")
    lab.at_step(5)
    assert "only notes the address" in lab.answer()
    captions = play(lab, "may-it-sleep-debug")
    misuse = lab.get("/report")["misuse"]
    assert [(one["step"], one["noticed_by_kernel"]) for one in misuse] == [(2, True), (5, False)]
    assert "sleeping function called from invalid context" in captions[1] and "once a second" in captions[4]
    lab.close()


@check
def pages_are_mapped_and_given_up_by_clicking(browser, base):
    lab = Lab(browser, base)
    boot(lab, "classroom")
    lab.type_call("alloc_pages(GFP_HIGHUSER, 2)", to=1)
    about_mappings(lab)
    lab.page.fill("#map-index", "3")
    lab.click("mapping-form .primary", to=2)
    pfn = lab.get("/pages/1")["pfn"] + 3
    assert lab.get("/kmap/2")["pfn"] == pfn and "POST" not in lab.page.inner_text("call-panel .error") and "/kmap'" in lab.answer()
    lab.click("mapping-form .primary", to=3)
    assert "The count goes from 2 to 3" in lab.answer()
    same_slots_as_told(lab)
    assert lab.page.input_value("#through-address") == lab.get("/kmap/2")["address"]
    lab.page.fill("#through-byte", "a7")
    lab.click('live-mappings [data-key="fill"]', to=4)
    lab.page.wait_for_function("document.querySelector('live-mappings output').textContent.startsWith('a7 a7')")
    lab.click('live-mappings [data-key="load"]', to=5)
    assert lab.get("/journal")["entries"][4]["returned"] == 0xa7a7a7a7
    lab.click('live-mappings [data-key="undo 2"]', to=6)
    lab.click('live-mappings [data-key="undo 3"]', to=7)
    assert "The count is 1, not 0" in lab.answer() and lab.page.locator('button.pk[data-slot-state="stale"]').count() == 1
    lab.page.select_option("#map-function", "kmap_atomic")
    lab.click("mapping-form .primary", to=8)
    lab.page.select_option("#map-type", "KM_USER1")
    lab.click("mapping-form .primary", to=9)
    lab.page.fill("#map-index", "0")
    lab.click("mapping-form .primary", to=10)
    assert lab.page.locator('button.tk[data-slot-state="overwritten"]').count() == 1
    assert f"now it leads to frame {pfn - 3}" in lab.page.inner_text(".mapping-list li:has([data-key='undo 9'])")
    assert [one["code"] for one in lab.get("/report")["misuse"]] == ["kmap-slot-overwritten"]
    same_slots_as_told(lab)
    lab.page.select_option("#map-function", "kmap_local_page")
    lab.click("mapping-form .primary", to=11)
    for step, one in enumerate((11, 10, 9, 8), 12):
        lab.click(f'live-mappings [data-key="undo {one}"]', to=step)
        same_slots_as_told(lab)
    assert lab.page.inner_text("context-bar .verdict") == "✓ may sleep" and "Nothing is mapped" in lab.page.inner_text("live-mappings")
    lab.close()


@check
def slots_and_frames_are_linked(browser, base):
    lab = Lab(browser, base)
    lab.start_story("pool-runs-out")
    for _ in range(6):
        lab.click(STORY)
    slot = lab.page.locator('button.pk[data-slot="5"]')
    pfn = slot.get_attribute("data-pfn")
    slot.hover()
    assert lab.page.eval_on_selector_all("button.cell.linked", "all => all.map(c => c.dataset.pfn)") == [pfn]
    lab.page.hover("h1")
    lab.page.hover(f'button.cell[data-pfn="{pfn}"]')
    assert lab.page.eval_on_selector_all("button.pk.linked", "all => all.map(c => c.dataset.slot)") == ["5"]
    assert lab.page.locator("memory-line line.linked").count() == 1
    lab.page.hover("h1")
    assert not lab.page.locator(".linked").count()
    lab.click("button.pk[data-slot=\"5\"]")
    told = lab.page.inner_text("block-inspector")
    assert f"frame {pfn}" in told and "0xff405000, mapped" in told, told
    lab.close()


@check
def cpu_is_told_and_the_bar_agrees(browser, base):
    lab = Lab(browser, base)
    boot(lab, "classroom", cpus=2)
    same_context_as_told(lab)
    calls = ("local_irq_disable", "local_irq_enable", "enter_irq", "enter_irq", "exit_irq", "enter_softirq", "enter_irq", "exit_irq", "exit_softirq",
             "local_bh_disable", "local_bh_enable", "preempt_disable", "preempt_enable", "spin_lock")
    for step, name in enumerate(calls, 1):
        tell(lab, name, to=step)
        same_context_as_told(lab)
    assert lab.page.get_attribute(BAR, "data-sleep") == "no" and "use GFP_ATOMIC" in lab.page.inner_text("context-bar .permission")
    lab.click('.cpus [data-key="cpu 1"]', to=15)
    tell(lab, "spin_lock", to=16)
    same_context_as_told(lab)
    assert lab.page.get_attribute(BAR, "data-sleep") == "spins" and "The CPU spins" in lab.answer()
    lab.click(".typed .primary")
    lab.type_call("alloc_page(GFP_KERNEL)")
    assert "spins for the lock" in lab.page.inner_text("call-panel .error") and not lab.page.locator(".halted").count() and lab.step == 16
    lab.click('.cpus [data-key="cpu 0"]', to=17)
    tell(lab, "spin_unlock", to=18)
    assert "The call of step 16 ended with this one" in lab.answer() and "atomic" in lab.page.inner_text('.cpus [data-key="cpu 1"]')
    same_context_as_told(lab)
    lab.click(BACK, to=17)
    assert lab.page.locator("context-bar .controls button:enabled").count() == 0, "the past cannot be told anything"
    same_context_as_told(lab)
    lab.close()


@check
def mappings_and_context_by_keyboard_alone(browser, base):
    lab = Lab(browser, base)
    boot(lab, "classroom")
    lab.type_call("alloc_page(GFP_HIGHUSER)", to=1)
    lab.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    tab_until(lab, "document.activeElement.matches('context-bar .quiet')")
    lab.press("Enter")
    tab_until(lab, "document.activeElement.dataset.key === 'preempt_disable'")
    lab.press("Enter", to=2)
    assert lab.page.evaluate("document.activeElement.dataset.key") == "preempt_disable", "the focus stays"
    lab.press("Tab")
    lab.press("Enter", to=3)
    lab.page.evaluate("document.querySelector('context-bar .quiet').click()")
    tab_until(lab, "document.activeElement.dataset.topicOf === 'high'")
    lab.press("Enter")
    tab_until(lab, "document.activeElement.matches('mapping-form .primary')")
    lab.press("Enter", to=4)
    tab_until(lab, "document.activeElement.matches('button.pk')")
    lab.press("Home")
    lab.press("ArrowRight")
    assert lab.page.evaluate("document.activeElement.dataset.slot") == "1"
    assert lab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is visible"
    assert lab.page.locator("button.cell.linked").count() == 1, "focus links as the mouse does"
    assert lab.page.locator('kmap-pool [tabindex="0"]').count() == lab.page.locator('temporary-slots [tabindex="0"]').count() == 1
    tab_until(lab, "document.activeElement.dataset.key === 'undo 4'")
    lab.press("Enter", to=5)
    assert lab.page.evaluate("document.activeElement !== document.body"), "the focus was not lost"
    same_slots_as_told(lab)
    lab.close()


@check
def machines_with_and_without_high_memory(browser, base):
    lab = Lab(browser, base)
    boot(lab, "i386")
    lab.type_call("alloc_page(GFP_HIGHUSER)", to=1)
    about_mappings(lab)
    lab.click("mapping-form .primary", to=2)
    assert lab.page.locator("button.pk").count() == 1024
    same_slots_as_told(lab)
    machine = lab.get("/snapshot")["machine"]
    line = (int(machine["high_memory"], 16) - int(machine["page_offset"], 16)) // 4096
    zone = lab.get("/zones")["zones"][-1]
    assert zone["name"] == "HighMem" and zone["start_pfn"] == line and f"{line:,}" in lab.page.inner_text("memory-line figcaption")
    boot(lab, "x86_64")
    same_slots_as_told(lab)
    assert "No frame of this machine is beyond the line" in lab.page.inner_text("memory-line")
    lab.click("call-panel .primary:visible", to=None)
    lab.type_call("alloc_page(GFP_KERNEL)", to=1)
    about_mappings(lab)
    lab.click("mapping-form .primary", to=2)
    assert "low memory" in lab.answer()
    lab.close()


@check
def high_view_fits_and_axe_finds_no_violation(browser, base):
    lab = Lab(browser, base, reduced_motion="reduce")
    lab.start_story("pool-runs-out")
    for _ in range(7):
        lab.click(STORY)
    fits_and_axe_agrees(lab, "pool full", WIDTHS)
    lab.start_story("overwritten")
    for _ in range(5):
        lab.click(STORY)
    for call in ("enter_irq()", "spin_lock(my_lock)"):
        lab.type_call(call)
    lab.page.click("context-bar .quiet")
    fits_and_axe_agrees(lab, "in an interrupt", WIDTHS)
    lab.close()
