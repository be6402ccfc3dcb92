"""The preset stories end as they are told."""

from support import BACK, FIRST, NEXT, Lab, check, drawn_frames, same_as_told, shared_frames


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
        if step == 4:
            assert "did not notice" in lab.answer()
            assert lab.page.locator("button.cell.shared").count() == 1, "on two lists"
    lab.close()


@check
def other_stories_end_as_told(browser, base):
    lab = Lab(browser, base)
    lab.start_story("four-pages")
    lab.play()
    first, third = (lab.get("/journal")["entries"][i]["returned"] for i in (0, 2))
    assert first == third, "last in, first out"
    lab.start_story("wrong-order-noticed")
    lab.play()
    lab.click(BACK, to=2)
    assert "Bad page state" in lab.answer() and "lost" in drawn_frames(lab).values()
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
