/**
 * When an element draws the step on show: before the next frame if the reader sees it, otherwise behind that frame. So
 * what is seen never waits for what is not.
 */
import { lab } from "./lab.js";

/** Pixels beyond the window that count as seen. */
const MARGIN = 100;
/** Milliseconds after which no frame is waited for any longer: a window that is covered may draw none. */
const PATIENCE = 200;

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

async function drawRest() {
  await behindFrame();
  for (const element of waiting.keys()) {
    draw(element);
    await new Promise((done) => setTimeout(done));
    if (lab.isSeeking) await behindFrame();
  }
}

/** When the step on show is painted and no other one is sought. */
export async function behindFrame() {
  do {
    await new Promise((done) => {
      setTimeout(done, PATIENCE);
      requestAnimationFrame(() => setTimeout(done));
    });
  } while (lab.isSeeking);
}
