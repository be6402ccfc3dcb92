/**
 * Splits and merges as motion over the free lists, as `explain` tells them: a block falls apart into the row of the
 * order below, or two come together in the row above. The true state is painted before; this is only laid over it.
 */
import { el } from "../dom.js";

/** Milliseconds for all of it, and for one split or merge at most. */
const [WHOLE, ONE] = [400, 160];
/** From one block to the next in a row, in pixels. */
const BESIDE = 44;

/** Ends what is still moving. */
let interrupt = null;

/** Plays the splits and merges among the decisions of one call over `lists`; nothing moves out of sight. */
export function play(lists, decisions, zones) {
  interrupt?.();
  const moves = decisions.map((one) => move(lists, one, zones)).filter(Boolean);
  if (moves.length === 0) return;
  const origin = lists.getBoundingClientRect();
  const layer = el("div", { class: "motion", "aria-hidden": "true" });
  lists.append(layer);
  const each = Math.min(ONE, WHOLE / moves.length);
  const animations = moves.flatMap(({ parts }, index) => parts.map((part) => fly(layer, origin, part, index * each, each)));
  const events = ["pointerdown", "keydown"];
  const end = interrupt = () => {
    layer.remove();
    for (const name of events) removeEventListener(name, end, true);
    if (interrupt === end) interrupt = null;
  };
  for (const name of events) addEventListener(name, end, true);
  Promise.allSettled(animations.map((one) => one.finished)).then(end);
}

/** The parts of a split or merge with the places they go from and to; null for any other decision, or out of sight. */
function move(lists, { code, pfn, order, half_order: half, buddy_pfn: buddy, merged_order: merged, merged_pfn: whole }, zones) {
  const isSplit = code === "buddy-split";
  if (!isSplit && code !== "buddy-merge") return null;
  const zone = zones.find((one) => one.start_pfn <= pfn && pfn < one.start_pfn + one.spanned_pages)?.name;
  const place = (at, frame, slot) => placeOf(lists, zone, at, frame, slot);
  const to = isSplit ? place(half, buddy, 0) : place(merged, whole, 0);
  const parts = isSplit
    ? [{ text: pfn, from: place(order, pfn, 0), to: to && { ...to, x: to.x + BESIDE } }, { text: buddy, from: place(order, pfn, 0), to }]
    : [pfn, buddy].sort((a, b) => a - b).map((text, slot) => ({ text, from: place(order, text, slot), to }));
  return parts.every(({ from, to }) => isSeen(from) && isSeen(to)) ? { parts } : null;
}

/** Where a block stands in the row of its order: its own chip, or as number `slot` in the row if it is not there any more. */
function placeOf(lists, zone, order, pfn, slot) {
  const row = lists.querySelector(`[data-zone="${zone}"] [data-order="${order}"]`);
  const chip = row?.querySelector(`.chip[data-pfn="${pfn}"]`);
  const box = (chip ?? row?.querySelector(".chips"))?.getBoundingClientRect();
  return box && { x: box.left + (chip ? 0 : 16 + BESIDE * slot), y: box.top };
}

const isSeen = (place) => place && place.y > 0 && place.y < innerHeight;

function fly(layer, origin, { text, from, to }, delay, duration) {
  const ghost = el("span", { class: "chip" }, String(text));
  layer.append(ghost);
  const at = ({ x, y }) => `translate(${x - origin.left}px, ${y - origin.top}px)`;
  return ghost.animate([
    { transform: at(from), opacity: 1 }, { transform: at(to), opacity: 1, offset: 0.85 }, { transform: at(to), opacity: 0 },
  ], { delay, duration, easing: "ease-in-out", fill: "forwards" });
}
