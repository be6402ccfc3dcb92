/**
 * When an element draws the step on show: before the next frame if the reader sees it, otherwise behind that frame. So
 * what is seen never waits for what is not.
 */
import { lab } from "./lab.js";

/** Pixels beyond the window that count as seen. */
const MARGIN = 100;

const unseen = new Set();
/** Elements that have not drawn the step on show yet, and how they do. */
const waiting = new Map();

const observer = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    if (!isIntersecting) unseen.add(target);
    else if (unseen.delete(target)) draw(target);
  }
}, { rootMargin: `${MARGIN}px` });

/** Has `element` draw every step that comes on show. */
export function drawsView(element, how) {
  observer.observe(element);
  lab.addEventListener("view", () => {
    if (waiting.size === 0 && unseen.has(element)) lab.hold(drawRest());
    waiting.set(element, how);
    if (!unseen.has(element)) draw(element);
  });
}

function draw(element) {
  const how = waiting.get(element);
  waiting.delete(element);
  how?.();
}

/** Draws what is out of sight; whatever the reader wants to see meanwhile comes first. */
async function drawRest() {
  await lab.painted();
  for (const element of waiting.keys()) {
    draw(element);
    await new Promise((done) => setTimeout(done));
    if (lab.isActing) await lab.painted();
  }
  await lab.painted();
}
