"""What is drawn: it equals the API at every step, the views are linked, it fits and is light."""

from support import (
    ALLOCATE, BACK, COLUMNS, NEXT, check, drawn_frames, drawn_geometry, Lab, same_as_told, told_frames)


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
    assert len(static) > 15 and weight < 250_000, f"{weight} bytes"
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
def recorded_machine_is_drawn_as_it_was_recorded(browser, base):
    lab = Lab(browser, base)
    assert not lab.page.locator(".legend .recorded").is_visible(), "nothing is recorded yet"
    names = [one["recording"] for one in lab.get("/machines")["recordings"]]
    assert len(names) >= 4, names
    offered = lab.page.eval_on_selector_all("#machine optgroup option", "all => all.map(o => o.value)")
    assert offered == [f"recorded:{name}" for name in names], offered
    lab.boot("recorded:i386-shattered")
    assert lab.page.locator(".legend .recorded").is_visible()
    assert lab.page.locator("#debug").is_disabled()
    assert "fragmented" in lab.page.inner_text("machine-choice .shows")
    drawn, told = drawn_frames(lab), told_frames(lab, 0)
    assert len(drawn) >= 1024 and {"kernel", "free"} <= set(drawn.values()), set(drawn.values())
    wrong = [pfn for pfn in drawn if drawn[pfn] not in told[pfn]]
    assert not wrong, wrong[:5]
    lab.page.reload()
    lab.idle()
    assert lab.page.input_value("#machine") == "recorded:i386-shattered", "a reload finds it again"
    lab.close()


@check
def largest_recorded_machine_stays_usable(browser, base):
    for width in (390, 1280):
        lab = Lab(browser, base, width=width)
        lab.boot("recorded:x86_64-booted")
        assert sum(zone["spanned_pages"] for zone in lab.get("/zones")["zones"]) > 1_000_000
        lab.click(ALLOCATE, to=1)
        assert lab.page.locator("frame-map .cell.changed, frame-map .page-block.changed").count()
        elements = lab.page.evaluate("document.querySelectorAll('*').length")
        assert elements < 20_000, f"{elements} elements"
        assert not lab.scrolls_sideways()
        lab.close()


@check
def what_will_be_opened_is_asked_for_beside_the_picture(browser, base):
    lab = Lab(browser, base)
    step, held = lab.step + 1, []
    lab.page.route(f"**/snapshot?step={step}", lambda route: held.append(route))
    with lab.page.expect_request(lambda request: "/caches/" in request.url and f"step={step}" in request.url):
        with lab.page.expect_request(f"**/snapshot?step={step}"):
            lab.page.click(ALLOCATE)
    assert lab.step == step - 1, "nothing is on show before the snapshot is there"
    held[0].continue_()
    lab.at_step(step)
    lab.type_call('kmem_cache_create("mine", 100, 0, 0, NULL)', to=step + 1)
    lab.page.wait_for_selector("slab-view [data-cache=mine][aria-pressed=true]", state="attached")
    lab.type_call('kmem_cache_destroy("mine")', to=step + 2)
    assert lab.page.locator("slab-view [data-cache=mine]").count() == 0
    lab.close()


@check
def a_cache_comes_on_show_with_its_step_and_not_before(browser, base):
    lab = Lab(browser, base)
    name = "async () => { const { cache } = (await import('/lab.js')).lab; return [cache.name, cache.detail.object_size]; }"
    shown, step, held = lab.page.evaluate(name), lab.step + 1, []
    lab.page.route(f"**/snapshot?step={step}", lambda route: held.append(route))
    with lab.page.expect_request(f"**/snapshot?step={step}"):
        lab.page.fill("#call-text", "kmalloc(500, GFP_KERNEL)")
        lab.page.press("#call-text", "Enter")
    assert lab.page.evaluate(name) == shown, "who draws the step before now draws a cache that is not there yet"
    held[0].continue_()
    lab.at_step(step)
    assert lab.page.evaluate(name) == ["kmalloc-512", 512]
    lab.close()


@check
def a_step_draws_anew_only_what_it_changed(browser, base):
    lab = Lab(browser, base)
    lab.click(ALLOCATE, to=lab.step + 1)
    total = lab.page.eval_on_selector_all("frame-map .cell", "all => all.map(one => { one.isOld = true; }).length")
    lab.click(ALLOCATE, to=lab.step + 1)
    fresh = lab.page.eval_on_selector_all("frame-map .cell", "all => all.filter(one => !one.isOld).length")
    assert 0 < fresh < total / 4, f"{fresh} of {total} cells are new"
    assert lab.page.locator('frame-map [tabindex="0"]').count() == 1 and lab.page.locator('free-lists [tabindex="0"]').count() == 1
    same_as_told(lab, lab.step)
    lab.close()


@check
def parts_out_of_sight_are_drawn_behind_the_picture(browser, base):
    lab = Lab(browser, base, height=500)
    lab.page.evaluate("""async () => {
        const { lab } = await import('/lab.js'), words = () => document.querySelector('report-panel').textContent;
        const before = words();
        lab.addEventListener('view', () => { window.waits = words() === before; }, { once: true });
    }""")
    lab.click(ALLOCATE, to=lab.step + 1)
    assert lab.page.evaluate("window.waits"), "the report was drawn with the picture"
    assert lab.get("/report")["summary"] in lab.page.text_content("report-panel"), "and it is drawn before the page is at rest"
    lab.close()


@check
def a_step_asks_only_for_what_is_drawn_of_it(browser, base):
    lab = Lab(browser, base)
    step = lab.step + 1

    def asked(step):
        return {url.removeprefix(base).split("?")[0] for url in lab.urls if f"step={step}" in url}

    lab.click(ALLOCATE, to=step)
    assert "/snapshot" in asked(step) and not asked(step) & {"/dmesg", "/kmap", "/kmap_atomic"}, asked(step)
    lab.open_part("high")
    assert asked(step) >= {"/kmap", "/kmap_atomic"}, asked(step)
    lab.click(ALLOCATE, to=step + 1)
    assert asked(step + 1) >= {"/kmap", "/kmap_atomic"}, asked(step + 1)
    lab.urls.clear()
    lab.page.reload()
    lab.at_step(step + 1)
    assert "/dmesg" in asked(step + 1), "what this page did not see is asked for"
    lab.close()
