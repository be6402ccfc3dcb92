/**
 * The page: registers its elements, opens a session and makes a few calls so that there is something to see.
 * `#step=3` in the address shows that step, `#story=wrong-order` starts a story.
 */
import { requests } from "./api.js";
import { lab } from "./lab.js";
import "./elements/notice-bar.js";
import "./elements/machine-choice.js";
import "./elements/step-bar.js";
import "./elements/context-bar.js";
import "./elements/call-panel.js";
import "./elements/call-answer.js";
import "./elements/frame-map.js";
import "./elements/free-lists.js";
import "./elements/slab-view.js";
import "./elements/virtual-view.js";
import "./elements/high-view.js";
import "./elements/block-inspector.js";
import "./elements/live-pages.js";
import "./elements/report-panel.js";
import { startStory } from "./elements/story-list.js";

/** Some life before the first look: blocks of several orders in all zones, some bytes, an area, and some given back. */
async function warmUp(send) {
  const answers = await send(requests.batch([
    "__get_free_pages(GFP_KERNEL, 4)",
    "__get_free_page(GFP_KERNEL)",
    "alloc_pages(GFP_HIGHUSER_MOVABLE, 5)",
    "__get_free_pages(GFP_DMA, 1)",
    "alloc_page(GFP_HIGHUSER_MOVABLE)",
    "__get_free_pages(GFP_KERNEL, 3)",
    "get_zeroed_page(GFP_KERNEL)",
    "alloc_page(GFP_HIGHUSER)",
    "alloc_page(GFP_HIGHUSER)",
    "alloc_page(GFP_HIGHUSER)",
    "kmalloc(50, GFP_KERNEL)",
    "kmalloc(100, GFP_KERNEL)",
    "kmalloc(60, GFP_KERNEL)",
    "kmalloc(33, GFP_KERNEL)",
  ]));
  await send(requests.kfree(answers[12].id));
  for (const one of [7, 9, 5, 1]) await send(requests.free(answers[one].id));
  await send(requests.vmalloc("vmalloc", 20000));
  await send(requests.allocate("__get_free_pages", "GFP_KERNEL", 2));
}

function storyInAddress() {
  return /[#&]story=([\w-]+)/.exec(location.hash)?.[1] ?? null;
}

function followAddress() {
  const step = /[#&]step=(\d+)/.exec(location.hash);
  if (step && Number(step[1]) !== lab.step) lab.go(Number(step[1]));
  else if (storyInAddress()) startStory(storyInAddress());
}

const story = storyInAddress();
window.addEventListener("hashchange", followAddress);
if (story) startStory(story);
else lab.open(warmUp);
