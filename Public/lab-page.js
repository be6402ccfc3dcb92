/**
 * The page: registers its elements, opens a session and makes a few calls so that there is something to see.
 * `#step=3` in the address shows that step, `#story=wrong-order&step=3` starts a story and makes its calls up to that
 * step, and `#view=kmv_…` follows the session of that token, which leaves the address at once.
 */
import { requests } from "./api.js";
import { lab } from "./lab.js";
import { keepWatched, watched } from "./sessions.js";
import "./elements/notice-bar.js";
import "./elements/machine-choice.js";
import "./elements/session-tools.js";
import "./elements/step-bar.js";
import "./elements/context-bar.js";
import "./elements/call-panel.js";
import "./elements/call-answer.js";
import "./elements/frame-map.js";
import "./elements/free-lists.js";
import "./elements/slab-view.js";
import "./elements/block-inspector.js";
import "./elements/live-pages.js";
import "./elements/report-panel.js";
import { startStory } from "./elements/story-list.js";
import { reach } from "./story.js";

/** Some life before the first look: blocks of several orders in all zones, bytes, an area; some given back. */
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

/** Parts that are loaded when they are opened: by hand, or because a call is about them. */
const PARTS = { virtual: () => import("./elements/virtual-view.js"), high: () => import("./elements/high-view.js") };

/** Loads what is in an open part; the page is busy until it is drawn. */
function load(part) {
  const { part: name } = part.dataset;
  if (!part.open || part.querySelector(`${name}-view`)) return;
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `styles/${name}.css` });
  part.append(document.createElement(`${name}-view`));
  lab.queue(async () => {
    await Promise.all([PARTS[name](), new Promise((done) => {
      style.onload = style.onerror = done;
      document.head.append(style);
    })]);
    if (!lab.view) return;
    if (name === "high") await lab.addMappings();
    lab.tell("view");
  });
}

function openParts() {
  const part = document.querySelector(`details[data-part="${lab.topic}"]`);
  if (!part) return;
  part.open = true;
  load(part);
}

function storyInAddress() {
  return /[#&]story=([\w-]+)/.exec(location.hash)?.[1] ?? null;
}

/** The token in the address, which is taken out of it. */
function takeToken() {
  const token = /[#&]view=(\w+)/.exec(location.hash)?.[1] ?? null;
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** Follows the session of a token; one's own is opened if that cannot be. */
async function follow(token) {
  const { tokenIn, watch } = await import("./watching.js");
  const known = tokenIn(token);
  const failed = known === null || await lab.queue(() => watch(lab, known).then(() => false, (error) => error));
  if (!failed) return;
  keepWatched(null);
  if (!lab.view) await lab.open(warmUp);
  lab.notify({ kind: "info", text: known === null || failed.status === 401 ? "No session has the token of this link; it may have ended." : failed.message });
}

/** The step in the address; null if it has none. */
function stepInAddress() {
  const step = /[#&]step=(\d+)/.exec(location.hash)?.[1];
  return step === undefined ? null : Number(step);
}

/** Starts the story of the address; one that is told already goes on, or back, to its step. */
async function tell(id) {
  const step = stepInAddress();
  if (step !== null && lab.story?.definition.id === id && lab.story.tells(lab.last)) return reach(lab, step);
  if (await startStory(id, step ?? 0)) return;
  if (!lab.view) await lab.home();
  lab.notify({ kind: "info", text: `There is no story “${id}”.` });
}

function followAddress() {
  const token = takeToken();
  const step = stepInAddress();
  if (token) follow(token);
  else if (storyInAddress()) tell(storyInAddress());
  else if (step !== null && step !== lab.step) lab.go(step);
}

/** Tells a story again up to where it was; false if more was called than the story. */
function revive() {
  const { story, last, step } = lab;
  if (!story?.tells(last)) return false;
  startStory(story.definition.id, step, "The session had expired. ");
  return true;
}

for (const part of document.querySelectorAll("details[data-part]")) part.addEventListener("toggle", () => load(part));
lab.addEventListener("topic", openParts);
lab.addEventListener("watch", async () => {
  document.body.classList.toggle("spectator", lab.isSpectator);
  if (!lab.watching || document.querySelector("watch-bar")) return;
  await import("./elements/watch-bar.js");
  if (!document.querySelector("watch-bar")) document.querySelector(".area-steps").prepend(document.createElement("watch-bar"));
});
window.addEventListener("hashchange", followAddress);
lab.addEventListener("story", () => lab.link());
lab.home = () => lab.open(warmUp);
lab.revive = revive;
lab.linkTo = (step) => (lab.story?.tells(lab.last) ? `story=${lab.story.definition.id}&step=${step}` : `step=${step}`);
const token = takeToken() ?? watched();
if (token) follow(token);
else if (storyInAddress()) tell(storyInAddress());
else lab.home();
