"""The preset stories end as they are told."""

from support import BACK, FIRST, NEXT, Lab, check, drawn_frames, same_as_told, shared_frames


@check
def article_bug_ends_in_a_frame_handed_out_twice(browser, base):
    lab = Lab(browser, base)
    lab.start_story("wrong-order")
    calls = lab.play()
    told = [entry["call"].split("(")[0] for entry in lab.get("/journal")["entries"]]
    assert told == ["__get_free_pages", "free_pages", "__get_free_pages", "__get_free_pages"], "the article's code, no more"
    assert not lab.get("/dmesg")["lines"], "the kernel says nothing"
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
            assert "did not notice" in lab.answer() and "Kernel log" not in lab.answer()
            assert lab.page.locator("button.cell.shared").count() == 1, "on two lists"
    lab.close()


@check
def other_stories_end_as_told(browser, base):
    lab = Lab(browser, base)
    lab.start_story("there-and-back")
    lab.play()
    first, again = (lab.get("/journal")["entries"][i]["returned"] for i in (2, 4))
    assert first == again, "last in, first out"
    lab.click(BACK, to=4)
    lab.click(BACK, to=3)
    assert "2 blocks were moved" in lab.answer()
    lab.click(BACK, to=2)
    assert "merged" in lab.answer()
    free = [[[area["nr_free"] for area in zone["free_areas"]] for zone in lab.get(f"/buddy?step={step}")["zones"]]
            for step in (0, 2)]
    assert free[0] == free[1], "as many free blocks as at boot"
    lab.start_story("wrong-order-noticed")
    lab.play()
    lost = [pfn for pfn, state in drawn_frames(lab).items() if state == "lost"]
    assert len(lost) == 4 and not shared_frames(lab.get("/pages")["pages"]), lost
    lab.click(BACK, to=4)
    lab.click(BACK, to=3)
    assert "Bad page state" in lab.answer() and "The kernel noticed." in lab.answer()
    lab.start_story("double-free")
    lab.play()
    codes = [misuse["code"] for misuse in lab.get("/report")["misuse"]]
    assert len(codes) >= 2, codes
    assert "Bad page state" in lab.answer()
    lab.click(BACK, to=6)
    assert "are on two lists at once" in lab.page.inner_text("story-list .card")
    lab.start_story("double-free-debug")
    lab.play()
    assert "kernel BUG at include/linux/mm.h:780!" in lab.page.inner_text("notice-bar")
    assert "did not return" in lab.answer()
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
    lab = Lab(browser, base, path="/lab.html#story=double-free")
    lab.page.wait_for_selector("story-list .card .primary")
    assert lab.step == 0
    lab.click(NEXT, to=1)
    lab.close()


@check
def a_story_does_not_begin_without_a_machine(browser, base):
    lab = Lab(browser, base)
    step = lab.step
    lab.page.route("**/sessions", lambda route: route.abort())
    lab.page.click("[data-story=double-free]")
    lab.page.wait_for_selector("notice-bar >> text=cannot be reached")
    lab.idle()
    assert lab.step == step and not lab.page.locator("story-list .card").is_visible(), "a story is told on another machine"
    lab.close()


# Makes all calls of the story but the last: [step, caption in the bar, pixels that are cut off] of each.
CAPTIONS = """async () => {
  const { lab } = await import('/lab.js'), caption = document.querySelector('step-bar .caption'), seen = [];
  for (let left = lab.story.definition.calls.length; left > 1; left -= 1) {
    await lab.story.advance(lab);
    seen.push([lab.step, caption.textContent, caption.scrollHeight - caption.clientHeight]);
  }
  return seen;
}"""


@check
def captions_fit_the_bar_of_a_phone(browser, base):
    lab = Lab(browser, base, width=390, height=844)
    stories = lab.page.eval_on_selector_all("[data-story]", "all => all.map(one => one.dataset.story)")
    assert len(stories) > 4, stories
    for story in stories:
        lab.start_story(story)
        titles = lab.page.inner_text(f"[data-story={story}]"), lab.page.inner_text("story-list .card .place strong")
        assert titles[0] == titles[1], titles
        for step, text, cut in lab.page.evaluate(CAPTIONS):
            assert text and cut <= 2, f"{story}, step {step}: the caption is cut by {cut} px: {text}"
        lab.idle()
        assert lab.play() == 1, "the last call is made by hand"
        cut = lab.page.eval_on_selector("step-bar .caption", "p => p.scrollHeight - p.clientHeight")
        assert cut <= 2, f"{story}, its end: the caption is cut by {cut} px"
        box = lab.page.locator(f"[data-story={story}]").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, f"{story}: its button is out of sight"
        assert lab.page.evaluate("document.activeElement.dataset.story") == story, "the focus stays with the story"
    lab.close()
