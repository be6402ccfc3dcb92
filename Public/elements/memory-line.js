/**
 * `<memory-line>`: physical memory with the line above which no frame has an address of its own, and above it the
 * kernel's addresses: the direct map of what is below the line, and the windows for what is beyond.
 */
import { el, svg } from "../dom.js";
import { drawsView } from "../drawing.js";
import { lineOf, temporarySlots } from "../high.js";
import { lab } from "../lab.js";
import { markPointed, pointing } from "../linking.js";
import { PAGE } from "../virtual.js";
import { bytes, frameRange, plural } from "../words.js";

/** No zone is drawn narrower than this share. */
const LEAST = 0.2;
/** Where the direct map ends, and the windows of kmap and kmap_atomic begin, in a drawing that is 100 wide. */
const [DIRECT, POOL, TEMPORARY] = [56, 72, 86];
const MOST_LINKS = 64;

class MemoryLine extends HTMLElement {
  connectedCallback() {
    pointing(this);
    lab.drawMappings();
    drawsView(this, () => this.#draw());
    lab.addEventListener("point", () => markPointed(this));
  }

  #draw() {
    const { view, machine } = lab;
    const zones = shares(view.zones);
    const high = zones.find(({ zone }) => zone.name === "HighMem");
    const rule = `${machine.page_offset} + ${PAGE} × its number`;
    if (!high) return this.replaceChildren(el("p", {}, `No frame of this machine is beyond the line: each has the address ${rule}, and kmap() just returns it.`));
    const line = lineOf(machine);
    this.replaceChildren(el("figure", { class: "line-figure" },
      el("p", { class: "sub axis" }, "the kernel’s addresses, not in proportion"), windows(machine, view),
      svg("svg", { class: "bands", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("polygon", { points: `0,0 ${DIRECT},0 ${100 * high.from},10 0,10` }), ...links(view, high)),
      physical(zones),
      el("figcaption", { class: "sub axis" }, `frames; the line is at frame ${line.toLocaleString("en")}${machine.kind === "classroom"
        ? ". A frame of this small machine stands for a MiB"
        : `, at ${bytes(line * PAGE)}: of 1 GiB of addresses, vmalloc has 120 MiB, and kmap and fixed ones the top`}`)),
    el("p", {}, `Before the line a frame always has the address ${rule}. The ${plural(high.zone.spanned_pages, "frame")} beyond have none: the kernel reaches them only through a window.`));
    markPointed(this);
  }
}

/** Each zone with its place in the drawing, from 0 to 1. */
function shares(zones) {
  const total = zones.reduce((sum, zone) => sum + zone.spanned_pages, 0);
  const widths = zones.map((zone) => Math.max(LEAST, zone.spanned_pages / total));
  const sum = widths.reduce((all, width) => all + width, 0);
  let to = 0;
  return zones.map((zone, index) => ({ zone, from: to, to: to += widths[index] / sum }));
}

function windows(machine, { kmap }) {
  const part = (kind, name, detail) => el("span", { "data-window": kind }, el("b", {}, name), el("span", { class: "sub" }, detail));
  return el("div", { class: "windows" }, part("direct", "direct map", `from ${machine.page_offset}`), el("span"), part("vmalloc", "vmalloc", "areas"),
    part("pool", "kmap", plural(kmap.slot_count, "slot")), part("temporary", ["kmap_", el("wbr"), "atomic"], "each CPU’s"));
}

/** From the slots that lead to a frame beyond the line to that frame. */
function links(view, { zone, from, to }) {
  const pool = view.kmap.slots.map((slot) => [slot, POOL + (13 * (slot.slot + 0.5)) / view.kmap.slot_count]);
  const moments = temporarySlots(view).map((slot, place, all) => [slot, TEMPORARY + (13 * (place + 0.5)) / all.length]);
  return [...pool, ...moments].filter(([slot]) => slot.pfn !== null).slice(0, MOST_LINKS).map(([{ pfn, state }, x]) => svg("line", {
    x1: x, y1: 0, x2: 100 * (from + ((to - from) * (pfn - zone.start_pfn + 0.5)) / zone.spanned_pages), y2: 10, class: state, "data-pfn": pfn, "data-count": 1,
  }));
}

function physical(zones) {
  const row = el("div", { class: "zones" }, zones.map(({ zone: { name, start_pfn: start, spanned_pages: count } }) => el("span", {
    "data-zone-name": name, "data-pfn": start, "data-count": count, title: `${frameRange(start, count)}, ${bytes(count * PAGE)}`,
  }, el("b", {}, name), el("span", { class: "sub" }, plural(count, "frame")))));
  row.style.setProperty("grid-template-columns", zones.map(({ from, to }) => `minmax(0, ${to - from}fr)`).join(" "));
  return row;
}

customElements.define("memory-line", MemoryLine);
