"""Virtual memory: what is drawn equals the API, one can act in it, its stories end as told, everybody can use it."""

from checks_access import fits_and_axe_agrees
from support import BACK, NEWEST, Lab, check

RUN = "tlb-lab .primary"


def about_areas(lab):
    lab.page.click('[data-topic-of="virtual"]')


def vmalloc(lab, size, to):
    about_areas(lab)
    lab.page.fill("#bytes-size", str(size))
    lab.click("bytes-form .kmalloc .primary", to=to)


def walked(lab, address):
    """Waits until the walk on show is that of `address`, and returns the API's."""
    lab.page.wait_for_function(
        "address => document.querySelector('page-walk .fields')?.ariaLabel === `Bits of ${address}`", arg=address)
    return lab.get(f"/page-tables/{address}?step={lab.step}")


def look_up(lab, address):
    lab.open_part("virtual")
    lab.page.fill("#walk-address", address)
    lab.page.press("#walk-address", "Enter")
    return walked(lab, address)


def same_walk_as_told(lab, told):
    """The bits give the address again; each level has the API's table, entry and flags; the end is the API's."""
    fields = lab.page.eval_on_selector_all(".fields li code", "all => all.map(c => c.textContent)")
    width = 64 if lab.get("/snapshot")["machine"]["architecture"] == "x86_64" else 32
    assert len("".join(fields)) == width and int("".join(fields), 2) == int(told["address"], 16), fields
    levels = lab.page.eval_on_selector_all(
        ".level:not(.end)",
        """all => all.map(l => [l.querySelector('h4').firstChild.textContent, l.querySelector('.link').textContent,
            l.querySelector('.entry').textContent, [...l.querySelectorAll('.flag')].map(f => f.dataset.flag)])""")
    assert levels == [[s["level"], f"frame {s['table_pfn']}", s["entry"], s["flags"]] for s in told["walk"]], levels
    end = lab.page.inner_text(".level.end")
    if told["target"]:
        assert f"frame {told['target']['pfn']}," in end and told["target"]["physical_address"] in end, end
    else:
        assert "the CPU faults" in end and told["fault"]["oops"] in end, end


def same_areas_as_told(lab):
    """Every area, freed range and free range of vmalloc's addresses has a part; the area on show has its frames."""
    lab.open_part("virtual")
    machine = lab.get("/snapshot")["machine"]
    low, high = (int(machine[name], 16) for name in ("vmalloc_start", "vmalloc_end"))
    told = lab.get(f"/vmalloc?step={lab.step}&limit=1000")
    expected = [
        (max(low, int(one["address"], 16)), kind)
        for kind, many in (("area", told["areas"]), ("unpurged", told["unpurged"]), ("free", told["free"]))
        for one in many if kind != "free" or int(one["address"], 16) < high and int(one["end_address"], 16) > low]
    drawn = lab.page.eval_on_selector_all(".space button", "all => all.map(b => [b.dataset.address, b.dataset.space])")
    assert [(int(address, 16), kind) for address, kind in drawn] == sorted(expected), drawn
    meter = lab.page.locator("area-map meter")
    assert [meter.get_attribute(name) for name in ("value", "max")] == [str(told["lazy_pages"]), str(told["lazy_limit"])]
    assert not told["lazy_pages"] or f"{told['lazy_pages']:,} page" in lab.page.inner_text(".lazy")
    chosen = lab.page.locator(".space [aria-pressed=true]")
    assert chosen.count() == min(1, len(told["areas"]))
    if not chosen.count():
        return
    area = lab.get(f"/vmalloc/{chosen.get_attribute('data-address')}?step={lab.step}&limit=1024")
    figure = lab.page.locator(".mapping").first
    rows = [figure.locator(f"{row} [data-pfn]").evaluate_all("all => all.map(c => [c.dataset.address, +c.dataset.pfn, +c.dataset.count])")
            for row in (".virtual", ".frames")]
    frames = {int(address, 16) + 4096 * i: pfn + i for address, pfn, count in rows[0] for i in range(count)}
    assert frames == {int(page["address"], 16): page["pfn"] for page in area["pages"]}, "pages and frames"
    assert sorted(pfn + i for _, pfn, count in rows[1] for i in range(count)) == sorted(frames.values())
    assert figure.locator(".frames button").count() == area["physically_contiguous_runs"] == figure.locator("polygon").count()
    assert figure.locator(".guard").get_attribute("data-address") == area["guard_page"]


@check
def areas_equal_the_api_at_every_step(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    same_areas_as_told(lab)
    assert lab.page.locator(".mapping polygon").count() > 2, "the first look shows scattered frames"
    vmalloc(lab, 5000, start + 1)
    vmalloc(lab, 300000, start + 2)
    same_areas_as_told(lab)
    assert "74 pages at consecutive addresses" in lab.answer() and "guard page" in lab.answer()
    lab.click('area-map [data-key="vfree"]', to=start + 3)
    assert "-X DELETE" in lab.answer() and f"/vmalloc/{start + 2}" in lab.answer()
    assert lab.page.locator('.space [data-space="unpurged"]').count() == 1 and "wait for a purge" in lab.answer()
    vmalloc(lab, 4096, start + 4)
    lab.click('area-map [data-key="purge"]', to=start + 5)
    assert not lab.page.locator('.space [data-space="unpurged"]').count() and "flushed" in lab.answer()
    for step in range(start + 5, start - 1, -1):
        same_areas_as_told(lab)
        if step > start:
            lab.click(BACK, to=step - 1)
    lab.close()


@check
def areas_of_modules_are_drawn_where_they_lie(browser, base):
    for kind in ("i386", "x86_64"):
        lab = Lab(browser, base)
        lab.boot(kind)
        body = {"name": "snd", "text_size": 20000, "data_size": 3000}
        assert lab.context.request.post(f"{base}/modules", data=body, headers={"X-Kmemlab": "1"}).ok
        lab.page.reload()
        lab.idle()
        lab.click(NEWEST, to=1)
        same_areas_as_told(lab)
        assert "load_module" in lab.page.inner_text(".mapping figcaption") and "guard page" in lab.answer()
        lab.close()


@check
def as_much_from_the_page_allocator_is_one_piece(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    vmalloc(lab, 32768, start + 1)
    lab.click('area-map [data-key="same"]', to=start + 2)
    figures = lab.page.locator(".mapping")
    assert figures.nth(1).locator("polygon").count() == 1 and not figures.nth(1).locator(".guard").count()
    page = lab.get("/pages?limit=1000")["pages"][-1]
    assert figures.nth(1).locator(".frames button").get_attribute("data-pfn") == str(page["pfn"])
    figures.first.locator(".virtual button").first.hover()
    frame = figures.first.locator(".virtual button").first.get_attribute("data-pfn")
    states = lab.page.eval_on_selector_all("button.cell.linked", "all => all.map(c => [+c.dataset.pfn, +c.dataset.count, c.dataset.state])")
    assert len(states) == 1 and states[0][2] == "vmalloc" and states[0][0] <= int(frame) < states[0][0] + states[0][1], states
    lab.close()


@check
def walk_shows_bits_tables_and_where_it_ends(browser, base):
    lab = Lab(browser, base)
    vmalloc(lab, 20000, lab.step + 1)
    area = lab.get("/vmalloc")["areas"][-1]
    same_walk_as_told(lab, walked(lab, area["address"]))
    lab.page.click(".virtual .guard")
    told = walked(lab, area["guard_page"])
    assert told["target"] is None
    same_walk_as_told(lab, told)
    same_walk_as_told(lab, look_up(lab, "0xc0100123"))
    same_walk_as_told(lab, look_up(lab, "0x0"))
    lab.page.fill("#walk-address", "0x123456789")
    lab.page.press("#walk-address", "Enter")
    assert "8 hexadecimal digits" in lab.page.inner_text("#walk-error")
    look_up(lab, area["address"])
    lab.page.focus(".flag[data-flag=G]")
    assert "stays in the TLB" in lab.page.inner_text(".flag-words")
    lab.press("ArrowLeft")
    assert lab.page.evaluate("document.activeElement.dataset.flag") == "D", "arrows walk from flag to flag"
    for kind, address, levels in (("i386", "0xc1400000", 1), ("x86_64", "0xffff888000100000", None), ("x86_64", "0x8000000000000000", 0)):
        lab.boot(kind)
        told = look_up(lab, address)
        assert levels is None or len(told["walk"]) == levels, told
        same_walk_as_told(lab, told)
    lab.close()


@check
def freed_page_is_stale_in_the_tlb_until_the_purge(browser, base):
    lab = Lab(browser, base)
    start = lab.step
    vmalloc(lab, 8192, start + 1)
    area = lab.get("/vmalloc")["areas"][-1]
    lab.type_call(f"memset({area['address']}, 0x5c, 100)", to=start + 2)
    about_areas(lab)
    walked(lab, area["address"])
    assert "In the TLB now" in lab.page.inner_text("page-walk")
    about_areas(lab)
    lab.click('area-map [data-key="vfree"]', to=start + 3)
    walked(lab, area["address"])
    stale = [entry for cpu in lab.get("/tlb")["cpus"] for entry in cpu["entries"] if entry["stale"]]
    assert len(stale) == 1, stale
    lab.page.wait_for_selector(".slots .stale")
    assert "still remembers" in lab.page.inner_text("page-walk")
    lab.click('area-map [data-key="purge"]', to=start + 4)
    lab.page.wait_for_selector(".slots .stale", state="detached")
    lab.close()


@check
def write_past_an_area_halts_with_the_kernels_words(browser, base):
    lab = Lab(browser, base)
    vmalloc(lab, 4096, lab.step + 1)
    guard = lab.page.locator(".guard").get_attribute("data-address")
    lab.click('area-map [data-key="past"]', to=lab.step + 1)
    assert f"unable to handle page fault for address: {guard[2:]}" in lab.page.inner_text("notice-bar")
    lab.close()


@check
def tlb_chart_equals_the_answers(browser, base):
    lab = Lab(browser, base)
    lab.boot("i386")
    about_areas(lab)
    answers = []
    lab.page.on("response", lambda response: answers.append(response.json()) if response.url.endswith("/accesses") else None)
    lab.page.fill("#tlb-count", "3000")
    lab.click(RUN)
    lab.at_step(8)
    told = [answer["accesses"] for answer in answers]
    assert len(told) == 6, "three patterns over both"
    for number, pattern in enumerate(("sequential", "strided", "random")):
        rows = lab.page.eval_on_selector_all(
            f".chart[data-pattern={pattern}] tbody tr",
            "rows => rows.map(r => [r.dataset.row, [...r.querySelectorAll('.number')].map(n => +n.textContent.replaceAll(',', ''))])")
        pair = told[2 * number:2 * number + 2]
        expected = {"hits": "hits", "misses": "misses", "reads": "memory_reads", "cycles": "cycles_per_access"}
        for name, values in rows:
            assert values == [round(one[expected[name]], 2) for one in pair], (pattern, name, values)
        widths = lab.page.eval_on_selector_all(
            f".chart[data-pattern={pattern}] [data-row=misses] .amount", "all => all.map(a => a.offsetWidth / a.parentElement.clientWidth)")
        for width, one in zip(widths, pair):
            assert abs(width - one["misses"] / one["count"]) < 0.03, (width, one)
    assert told[3]["misses"] > 100 * max(1, told[2]["misses"]), "vmalloc's memory thrashes the TLB"
    used = sum(len(cpu["entries"]) for cpu in lab.get("/tlb")["cpus"])
    lab.page.wait_for_function("n => document.querySelectorAll('.slots [data-kind]').length === n", arg=used)
    lab.click(BACK, to=7)
    assert lab.page.locator(".chart[data-pattern=random] .amount").count() == 4, "at an earlier step, what was known then"
    lab.close()


@check
def virtual_stories_end_as_told(browser, base):
    lab = Lab(browser, base)
    lab.start_story("vmalloc-or-kmalloc")
    assert lab.play() == 9
    entries = lab.get("/journal")["entries"]
    assert entries[8]["returned"] == entries[2]["returned"] != entries[6]["returned"], "after the purge the lowest addresses again"
    assert entries[1]["returned"] == "NULL" and entries[4]["returned"] > 1000 * entries[3]["returned"]
    assert "lowest addresses again" in lab.page.inner_text("story-list .card")
    same_areas_as_told(lab)
    lab.start_story("device")
    lab.play()
    assert [one["code"] for one in lab.get("/report")["misuse"]].count("dma-to-foreign") == 1
    lab.click(BACK, to=7)
    page = lab.get("/pages?step=7&limit=1000")["pages"][-1]
    assert f"4 KiB went into frame {page['pfn']}" in lab.page.inner_text("story-list .card")
    assert "did not notice" in lab.answer() and "not meant: pages of step 4" in lab.answer()
    assert lab.page.locator(".frames .hit").count() == 1
    lab.page.evaluate("location.hash = '#step=4'")
    lab.at_step(4)
    assert "fast path" in lab.answer() and "now count" not in lab.answer(), "a page block of two zones has two types"
    lab.close()


@check
def virtual_view_fits_and_axe_finds_no_violation(browser, base):
    lab = Lab(browser, base, reduced_motion="reduce")
    lab.start_story("vmalloc-or-kmalloc")
    for step in range(1, 8):
        lab.click("story-list .card .primary", to=step)
    lab.page.wait_for_selector(".slots .stale")
    walked(lab, lab.page.locator(".space [aria-pressed=true]").get_attribute("data-address"))
    fits_and_axe_agrees(lab, "areas")
    lab.start_story("device")
    for step in range(1, 8):
        lab.click("story-list .card .primary", to=step)
    lab.page.click(".virtual .guard")
    lab.page.wait_for_selector(".level.fault")
    fits_and_axe_agrees(lab, "device")
    lab.boot("x86_64")
    look_up(lab, lab.get("/snapshot")["machine"]["page_offset"])
    fits_and_axe_agrees(lab, "four levels")
    lab.close()
