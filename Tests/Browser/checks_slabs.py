"""The slab view: it equals the API at every step, one can act in it, its stories end as told, everybody can use it."""

from checks_access import fits_and_axe_agrees
from support import BACK, NEWEST, Lab, address_of, check

KMALLOC = "bytes-form .kmalloc .primary"
LETTERS = {"#": {"live", "shared"}, "k": {"kernel"}, ".": {"free", "lost"}}


def open_cache(lab, name):
    lab.page.click(f'slab-view [data-cache="{name}"]')
    lab.page.wait_for_function("name => document.querySelector('.cache-title h3').firstChild.textContent === name", arg=name)
    lab.idle()


def about_bytes(lab):
    lab.page.click('[data-topic-of="slabs"]')


def drawn_slabs(lab):
    """The strips as {pfn: [(state, address), ...]}."""
    slabs = lab.page.eval_on_selector_all(
        "slab-strips .slab",
        "all => all.map(s => [+s.dataset.slab, [...s.querySelectorAll('.object')].map(o => [o.dataset.object, o.dataset.address])])")
    assert len({pfn for pfn, _ in slabs}) == len(slabs), "a slab is drawn twice"
    return dict(slabs)


def drawn_caches(lab):
    return {name: cells for name, *cells in lab.page.eval_on_selector_all(
        "slab-view tbody tr", "rows => rows.map(r => [...r.children].map(c => c.textContent))")}


def same_slabs_as_told(lab, step):
    """Every cache in use is listed; the opened one has the API's slabs, owners and next objects."""
    told = {c["name"]: c for c in lab.get(f"/caches?step={step}&limit=1000")["caches"]}
    drawn = drawn_caches(lab)
    in_use = {name for name, cache in told.items() if cache["nr_slabs"]}
    assert in_use <= set(drawn), in_use - set(drawn)
    for name in in_use:
        cache, (size, slabs, objects, bar) = told[name], drawn[name]
        assert (int(size), int(slabs)) == (cache["object_size"], cache["nr_slabs"]), name
        assert objects == f"{cache['live_objects']} / {cache['total_objects']}", name
        rounding = cache["waste"]["rounding_bytes"]
        assert bar.endswith(f", {rounding:,} lost") if rounding else bar.endswith("asked"), bar
    title = lab.page.locator(".cache-title h3")
    if not in_use or not title.count():
        return
    name = title.evaluate("h => h.firstChild.textContent")
    detail = lab.get(f"/caches/{name}?step={step}&limit=1000")
    slabs = drawn_slabs(lab)
    assert set(slabs) == {slab["pfn"] for slab in detail["slabs"]}, name
    for slab in detail["slabs"]:
        states = [state for state, _ in slabs[slab["pfn"]]]
        wrong = [i for i, letter in enumerate(slab["map"]) if states[i] not in LETTERS[letter]]
        assert not wrong and len(states) == slab["objects"], f"step {step}: objects {wrong} of {slab['pfn']}"
    owned = {(one["pfn"], one["index"], one["address"]) for one in lab.get(f"/caches/{name}/objects?step={step}&limit=1000")["objects"]}
    for pfn, index, address in owned:
        assert slabs[pfn][index][1] == address, "the address of an object"
    for cpu in detail["slub"]["per_cpu"]:
        marked = lab.page.eval_on_selector_all(".slab .object.next", "all => all.map(o => o.dataset.address)")
        expected = [slabs[cpu["slab"]][i][1] for i in cpu["freelist"][:1]]
        assert marked == expected, f"step {step}: next is {marked}, told {expected}"


@check
def slabs_equal_the_snapshots_at_every_step(browser, base):
    lab = Lab(browser, base)
    about_bytes(lab)
    for size in (50, 8, 8, 3000, 3000, 3000, 200):
        lab.page.fill("#bytes-size", str(size))
        lab.click(KMALLOC, to=lab.step + 1)
        same_slabs_as_told(lab, lab.step)
    for step in range(lab.step, -1, -1):
        same_slabs_as_told(lab, step)
        if step:
            lab.click(BACK, to=step - 1)
    lab.close()


@check
def slabs_stand_in_the_groups_of_the_allocator(browser, base):
    lab = Lab(browser, base)
    calls = [{"call": "kmalloc(3000, GFP_KERNEL)"}] * 20
    headers = {"X-Kmemlab": "1"}
    done = lab.context.request.post(f"{base}/calls", data=calls, headers=headers).json()
    lab.context.request.post(f"{base}/calls", data=[{"call": f"kfree({done[3]['returned']})"}], headers=headers)
    lab.page.reload()
    lab.idle()
    lab.click(NEWEST, to=done[-1]["step"] + 1)
    open_cache(lab, "kmalloc-4k")
    same_slabs_as_told(lab, lab.step)
    groups = dict(lab.page.eval_on_selector_all(
        ".slab-group", "all => all.map(g => [g.querySelector('h4').firstChild.textContent, [...g.querySelectorAll('.slab')].map(s => +s.dataset.slab)])"))
    slabs = {slab["pfn"]: slab["list"] for slab in lab.get("/caches/kmalloc-4k")["slabs"]}
    assert sorted(slabs.values()) == ["cpu", "cpu_partial", "full"], slabs
    names = {"cpu": "CPU 0’s slab", "cpu_partial": "CPU 0’s partial list", "full": "Full slabs"}
    assert groups == {names[place]: [pfn] for pfn, place in slabs.items()}, groups
    lab.close()


@check
def kmalloc_and_kfree_by_clicking(browser, base):
    lab = Lab(browser, base)
    about_bytes(lab)
    start = lab.step
    lab.page.fill("#bytes-size", "70")
    preview = lab.page.inner_text("bytes-form output")
    assert preview == "an object of kmalloc-96: 26 bytes lost to rounding", preview
    lab.click(KMALLOC, to=start + 1)
    held = lab.get(f"/kmalloc/{start + 1}")
    assert held["cache"] == "kmalloc-96" and held["bytes_alloc"] - held["bytes_req"] == 26
    assert held["address"] in lab.answer() and "/kmalloc" in lab.answer() and "26 bytes lost to rounding" in lab.answer()
    cell = lab.page.locator(f'.slab .object[data-address="{held["address"]}"]')
    assert cell.get_attribute("data-object") == "live" and "changed" in cell.get_attribute("class")
    assert held["address"] in lab.page.inner_text("object-inspector"), "the new object is chosen"
    lab.click('object-inspector [data-act="free"]', to=start + 2)
    assert cell.get_attribute("data-object") == "free" and "next" in cell.get_attribute("class")
    assert "-X DELETE" in lab.answer() and f"/kmalloc/{start + 1}" in lab.answer()
    lab.click('object-inspector [data-act="kfree"]', to=start + 3)
    assert "double kfree" in lab.answer() and "did not notice" in lab.answer()
    assert "goes round" in lab.page.inner_text("slab-strips")
    lab.close()


@check
def kmalloc_by_typing_and_from_the_table(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    lab.type_call("kzalloc(8193, GFP_KERNEL)", to=start + 1)
    assert "8,191 bytes" in lab.answer(), lab.answer()
    lab.type_call("kmalloc(0, GFP_KERNEL)", to=start + 2)
    assert "ZERO_SIZE_PTR" in lab.answer()
    lab.type_call("kmalloc(500, GFP_KERNEL)", to=start + 3)
    address = address_of(lab.page.inner_text("call-answer .returned"))
    assert lab.page.locator(".slab .object.selected").get_attribute("data-address") == address
    lab.click(f'live-pages [aria-label="Free #{start + 3}"]', to=start + 4)
    lab.click(f'live-pages [aria-label="Free #{start + 1}"]', to=start + 5)
    live = {one["id"] for one in lab.get("/kmalloc")["kmalloc"]}
    assert start + 1 not in live and start + 3 not in live, live
    lab.type_call("kfree(NULL)", to=start + 6)
    assert "safe" in lab.answer() and "Misuse" not in lab.answer()
    lab.close()


@check
def own_cache_by_clicking(browser, base):
    lab = Lab(browser, base)
    about_bytes(lab)
    start = lab.step
    lab.page.click("bytes-form summary")
    lab.page.fill("#cache-name", "my_driver")
    lab.page.fill("#cache-size", "700")
    lab.click("bytes-form .create .primary", to=start + 1)
    assert "my_driver" in lab.page.inner_text(".cache-title h3") and "/caches" in lab.answer()
    lab.click('.cache-title [data-act="allocate"]', to=start + 2)
    lab.click('.cache-title [data-act="allocate"]', to=start + 3)
    same_slabs_as_told(lab, lab.step)
    assert lab.page.evaluate("document.activeElement.dataset.act") == "allocate", "the focus stays"
    lab.click('object-inspector [data-act="free"]', to=start + 4)
    assert "kmem_cache_free" in lab.answer()
    lab.click('.cache-title [data-act="destroy"]', to=start + 5)
    assert "Misuse" in lab.answer(), "one object is still in use"
    lab.close()


@check
def slabs_and_frames_are_linked_by_pointing(browser, base):
    lab = Lab(browser, base)
    slab = lab.page.locator(".slab").first
    slab.hover()
    frame = slab.get_attribute("data-slab")
    assert lab.page.locator(f'button.cell.linked[data-pfn="{frame}"]').get_attribute("data-state") == "slab"
    lab.page.hover("h1")
    assert not lab.page.locator(".linked").count()
    lab.page.hover(f'button.cell[data-pfn="{frame}"]')
    assert lab.page.locator(f'.slab.linked[data-slab="{frame}"]').count() == 1
    lab.page.click(f'button.cell[data-pfn="{frame}"]')
    lab.click('block-inspector [data-act="cache"]')
    assert lab.page.locator(f'.slab[data-slab="{frame}"]').count() == 1
    lab.close()


@check
def slab_view_by_keyboard(browser, base):
    lab = Lab(browser, base)
    assert lab.page.locator('slab-strips [tabindex="0"]').count() == 1, "one tab stop for all objects"
    lab.page.focus('slab-strips [tabindex="0"]')
    step = lab.step
    lab.press("ArrowRight")
    lab.press("ArrowRight")
    assert lab.step == step, "arrows walk from object to object"
    address = lab.page.evaluate("document.activeElement.dataset.address")
    lab.press("Enter")
    assert address in lab.page.inner_text("object-inspector")
    assert lab.page.evaluate("document.activeElement.dataset.address") == address, "the focus stays"
    assert "Object 2" in lab.page.evaluate("document.activeElement.getAttribute('aria-label')")
    lab.close()


@check
def idle_caches_are_shown_on_demand(browser, base):
    lab = Lab(browser, base)
    caches = lab.get("/caches?limit=1000")["caches"]
    assert len(drawn_caches(lab)) < 10
    lab.page.click("slab-view .quiet")
    assert set(drawn_caches(lab)) == {cache["name"] for cache in caches}
    open_cache(lab, "kmalloc-8k")
    assert not drawn_slabs(lab)
    lab.page.click("slab-view .quiet")
    assert len(drawn_caches(lab)) < 10
    lab.close()


@check
def classic_slab_machine_shows_its_arrays(browser, base):
    lab = Lab(browser, base)
    lab.page.check("#classic")
    lab.click("machine-choice button", to=0)
    assert lab.get("/snapshot")["machine"]["slab"] == "slab"
    lab.type_call("kmalloc(50, GFP_KERNEL)", to=1)
    first = address_of(lab.page.inner_text("call-answer .returned"))
    lab.type_call("kmalloc(50, GFP_KERNEL)", to=2)
    lab.type_call(f"kfree({first})", to=3)
    entries = lab.get("/caches/kmalloc-64")["slab"]["per_cpu"][0]["entries"]
    assert entries[0] == first and first in lab.page.inner_text("slab-strips"), "at the head of the CPU's array"
    cell = lab.page.locator(f'.slab .object[data-address="{first}"]')
    assert "next" in cell.get_attribute("class") and "CPU 0’s array" in cell.get_attribute("aria-label")
    states = [state for slab in drawn_slabs(lab).values() for state, _ in slab]
    assert states.count("live") == 1 and "lost" not in states
    lab.page.reload()
    lab.idle()
    assert lab.page.is_checked("#classic")
    lab.close()


@check
def slab_stories_end_as_told(browser, base):
    lab = Lab(browser, base)
    lab.start_story("rounding")
    lab.play()
    entries = lab.get("/journal")["entries"]
    assert entries[5]["returned"] == entries[0]["returned"], "last in, first out"
    assert "8,191 bytes are lost" in lab.page.inner_text("story-list .card")
    lab.start_story("double-kfree")
    calls = lab.play()
    entries = lab.get("/journal")["entries"]
    assert entries[7]["returned"] == entries[5]["returned"], "one object, two owners"
    assert "same object as #6" in lab.page.inner_text("story-list .card")
    assert "handed out twice" in lab.answer()
    assert [m["code"] for m in lab.get("/report")["misuse"]][0] == "double-kfree"
    assert not lab.get("/dmesg")["lines"], "the kernel says nothing"
    for step in range(calls - 1, 4, -1):
        lab.click(BACK, to=step)
        same_slabs_as_told(lab, step)
    assert "goes round" in lab.page.inner_text("slab-strips")
    assert lab.page.locator('.slab .object[data-object="lost"]').count() > 10, "the rest of the chain is out of reach"
    lab.start_story("own-cache")
    lab.play()
    assert "stays behind" in lab.page.inner_text("story-list .card") and "Misuse" in lab.answer()
    lab.close()


@check
def slab_view_fits_and_axe_finds_no_violation(browser, base):
    lab = Lab(browser, base, reduced_motion="reduce")
    lab.start_story("double-kfree")
    lab.play()
    fits_and_axe_agrees(lab, "double kfree")
    lab.click(BACK, to=7)
    lab.type_call("kmem_cache_create(\"wide_objects_of_a_driver\", 1300, 0, 0, NULL)", to=9)
    lab.type_call("kmem_cache_alloc(wide_objects_of_a_driver, GFP_KERNEL)", to=10)
    lab.type_call("kmalloc(8, GFP_KERNEL)", to=11)
    assert lab.page.locator(".strip.dense .object").count() == 512
    lab.page.click("slab-view .quiet")
    fits_and_axe_agrees(lab, "all caches")
    lab.close()
