/** Elements that stand for frames (`data-pfn`, `data-count`): pointing at one marks the others. */
import { lab } from "./lab.js";
import { overlap } from "./model.js";
import { rove } from "./roving.js";

/** The frames of an element. */
export const rangeOf = ({ dataset }) => ({ pfn: Number(dataset.pfn), count: Number(dataset.count) });

/** Where an element is, for arrows up and down. */
export function place(item) {
  const box = item.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top };
}

/** Mouse and focus in `container` point at the frames of what they are on. */
export function pointing(container, selector = "[data-pfn]") {
  const pointAt = (event) => {
    const item = event.target.closest(selector);
    lab.point(item?.dataset.pfn ? rangeOf(item) : null);
  };
  for (const name of ["pointerover", "focusin"]) container.addEventListener(name, pointAt);
  for (const name of ["pointerleave", "focusout"]) container.addEventListener(name, () => lab.point(null));
}

/** Marks what in `container` stands for a frame that is pointed at. */
export function markPointed(container) {
  const { pointed } = lab;
  for (const item of container.querySelectorAll("[data-pfn]")) item.classList.toggle("linked", pointed !== null && overlap(rangeOf(item), pointed));
}

/** Slots that may lead to frames: arrows walk among the buttons, and they are linked with their frames. */
export function linkSlots(container, selector) {
  rove(container, selector, { place });
  pointing(container);
  lab.addEventListener("point", () => markPointed(container));
}
