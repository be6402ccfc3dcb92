/**
 * `<slab-strips>`: the slabs of one cache, each as a strip of its objects, in the groups in which the
 * allocator keeps them. Arrows walk from object to object, Enter chooses one.
 */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { place } from "../linking.js";
import { arraysOf, groupsOf, markChanges, OBJECT_STATES, slabsOf } from "../slabs.js";
import { cellLabel, slabRange } from "../slab-words.js";
import { rove } from "../roving.js";
import { plural } from "../words.js";

const OBJECT = "button.object";
const MOST_OBJECTS = 3000;
/** Objects to a row, on a phone and elsewhere; a slab with more is drawn in several rows. */
const COLUMNS = { "--narrow": 16, "--wide": 32 };
const MOST_NUMBERED = 8;
const LETTERS = { kernel: "k", shared: "2×", lost: "?", unused: "u" };

class SlabStrips extends HTMLElement {
  #home = null;

  connectedCallback() {
    rove(this, OBJECT, { place });
    const pointAt = (event) => {
      const slab = event.target.closest(".slab");
      lab.point(slab ? { pfn: Number(slab.dataset.slab), count: Number(slab.dataset.frames) } : null);
    };
    this.addEventListener("pointerover", pointAt);
    this.addEventListener("pointerleave", () => lab.point(null));
    this.addEventListener("focusin", pointAt);
    this.addEventListener("focusout", () => lab.point(null));
    this.addEventListener("click", (event) => {
      const item = event.target.closest(OBJECT);
      if (item) lab.chooseObject(item.dataset.address);
    });
    lab.addEventListener("point", () => this.#mark());
  }

  /** Draws the cache that is on show. */
  draw() {
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.address : null;
    if (focused) this.#home = focused;
    const { cache, cacheBefore } = lab;
    const before = lab.before === null ? null : cacheBefore ? slabsOf(cacheBefore) : new Map();
    const slabs = markChanges(slabsOf(cache), before);
    const groups = groupsOf(cache.detail, slabs).filter((group) => group.count > 0 || group.isAlways);
    let room = MOST_OBJECTS;
    this.replaceChildren(
      ...arraysOf(cache.detail.slab).map(arrayList),
      ...groups.map((group) => section(group, cache.detail, (slab) => {
        room -= slab.objects;
        return room + slab.objects > 0;
      })));
    const items = [...this.querySelectorAll(OBJECT)];
    const stop = items.find((item) => item.dataset.address === this.#home) ?? items[0];
    if (stop) stop.tabIndex = 0;
    if (focused) (stop ?? this.closest("slab-view")).focus({ preventScroll: true });
    this.#mark();
  }

  #mark() {
    const { pointed } = lab;
    for (const slab of this.querySelectorAll(".slab")) {
      const pfn = Number(slab.dataset.slab);
      slab.classList.toggle("linked", pointed !== null && pointed.pfn < pfn + Number(slab.dataset.frames) && pfn < pointed.pfn + pointed.count);
    }
    for (const item of this.querySelectorAll(OBJECT)) item.classList.toggle("selected", item.dataset.address === lab.object);
  }
}

function section(group, cache, fits) {
  const drawn = group.slabs.filter(fits);
  const rest = group.count - drawn.length;
  return el("section", { class: "slab-group" },
    el("h4", {}, group.title, el("span", { class: "sub" }, group.note)),
    drawn.map((slab) => slabStrip(slab, cache)),
    group.count === 0 && el("p", { class: "sub" }, "none"),
    rest > 0 && el("p", { class: "sub" }, `and ${plural(rest, "more slab")}`));
}

function slabStrip(slab, cache) {
  const range = { pfn: slab.pfn, count: 2 ** slab.order };
  const numbered = numbers(slab);
  const end = Math.min(1, slab.tail / cache.size);
  const strip = el("div", {
    class: `strip ${slab.objects > 64 ? "dense" : ""}`, role: "group", "aria-label": `Objects of the slab at ${slabRange(slab)}`,
  }, slab.cells.map((cell) => objectButton(cell, slab, cache, numbered)), slab.tail > 0 && el("span", {
    class: "tail", "aria-hidden": "true", title: `${plural(slab.tail, "byte")} at the end, too few for an object`,
  }));
  for (const [name, most] of Object.entries(COLUMNS)) {
    const columns = `repeat(${Math.min(slab.objects, most)}, minmax(0, 1fr))`;
    strip.style.setProperty(name, slab.objects <= most && end > 0 ? `${columns} minmax(3px, ${end}fr)` : columns);
  }
  return el("div", { class: "slab", "data-slab": slab.pfn, "data-frames": range.count },
    el("p", { class: "slab-head" },
      el("button", { type: "button", class: "link", onclick: () => lab.select(range) }, slabRange(slab)),
      el("span", { class: "sub" }, `${slab.live_objects} of ${slab.objects} in use${slab.isNew ? ", new slab" : ""}`)),
    strip, order(slab));
}

/** The place in line of each free object: on a CPU's list, or on the slab's own if no CPU has any of it. */
function numbers(slab) {
  const isAtHand = slab.cells.some((cell) => cell.waits.some((one) => one.cpu !== null));
  const place = (cell) => cell.waits.find((one) => !isAtHand || one.cpu !== null)?.place;
  return new Map(slab.cells.map((cell) => [cell.index, place(cell)]));
}

function objectButton(cell, slab, cache, numbered) {
  const label = cellLabel(cell, slab);
  const item = el("button", {
    type: "button", tabindex: "-1", "aria-label": label, title: label, "data-address": cell.address, "data-object": cell.state,
    class: `object ${cell.changed ? "changed" : ""} ${cell.next !== null ? "next" : ""}`,
  }, el("span", { class: "letter", "aria-hidden": "true" }, letter(cell, numbered.get(cell.index))));
  const [owner] = cell.owners;
  if (owner && cell.state === "live") item.style.setProperty("--used", `${Math.max(5, Math.min(100, (100 * owner.bytes_req) / cache.size))}%`);
  return item;
}

function letter(cell, place) {
  if (cell.state === "live") return cell.owners[0]?.id ? String(cell.owners[0].id) : "#";
  if (cell.state !== "free") return LETTERS[cell.state];
  if (cell.next !== null) return "▸";
  return place < MOST_NUMBERED ? String(place + 1) : "";
}

/** The free lists of a slab, in the order in which their objects would be handed out. */
function order(slab) {
  const lists = [slab.own && { ...slab.own, name: `CPU ${slab.own.cpu} hands out object` }, { ...slab, name: slab.own ? "Freed by others: object" : "Free list: object" }];
  return lists.filter((list) => list && (list.freelist.length || list.freelist_fault)).map((list) => {
    const shown = list.freelist.slice(0, MOST_NUMBERED).join(" → ");
    const rest = list.freelist.length - MOST_NUMBERED;
    const end = list.freelist_fault ? "" : rest > 0 ? ` → … (${rest} more)` : " → NULL";
    return el("p", { class: "order" }, `${list.name} ${shown}${end}`,
      list.freelist_fault && el("strong", { class: "fault" }, ` This list ${list.freelist_fault}.`));
  });
}

function arrayList(array) {
  const shown = array.entries.slice(0, MOST_NUMBERED).map((address) => el("code", {}, address));
  return el("section", { class: "slab-group" },
    el("h4", {}, array.title[0].toUpperCase() + array.title.slice(1),
      el("span", { class: "sub" }, `${array.avail} of at most ${array.limit} free objects at hand`)),
    shown.length > 0 && el("p", { class: "order" }, "hands out: ", shown.flatMap((code, place) => (place ? [" → ", code] : [code])),
      array.entries.length > MOST_NUMBERED && ` → … (${array.entries.length - MOST_NUMBERED} more)`));
}

export const LEGEND = [
  ["live", "7", `${OBJECT_STATES.live}, with the number of its allocation; hatched: lost to rounding`], ["free next", "▸", "free, handed out next"],
  ["free", "3", "free, with its place in line"],
  ["kernel", "k", OBJECT_STATES.kernel], ["shared", "2×", OBJECT_STATES.shared], ["lost", "?", OBJECT_STATES.lost], ["unused", "u", OBJECT_STATES.unused],
  ["live changed", "", "changed by this step"],
];

customElements.define("slab-strips", SlabStrips);
