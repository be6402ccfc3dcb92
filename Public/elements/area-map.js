/**
 * `<area-map>`: the address space of vmalloc, the area that was chosen with the frames behind it, and beside it as
 * much memory of the page allocator.
 */
import { callCode, el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { lab } from "../lab.js";
import { markPointed, pointing } from "../linking.js";
import { orderFor, pagesOfBlock, spaceOf } from "../virtual.js";
import { spaceLabel, waiting } from "../virtual-words.js";
import { bytes, plural } from "../words.js";
import { rove } from "../roving.js";
import { mapping } from "./mapping-figure.js";

const MOST_PARTS = 60;
const LARGEST_ORDER = 10;
const DMA_BYTES = 8192;

class AreaMap extends HTMLElement {
  connectedCallback() {
    rove(this, ".space button");
    rove(this, ".virtual button");
    pointing(this);
    drawsView(this, () => redraw(this, () => this.#draw()));
    lab.addEventListener("area", () => redraw(this, () => this.#draw()));
    lab.addEventListener("address", () => this.#mark());
    lab.addEventListener("point", () => this.#mark());
  }

  #draw() {
    const { view, area, machine, hindrance } = lab;
    const parts = spaceOf(view.vmalloc, machine);
    this.replaceChildren(
      el("p", { class: "sub" }, `From ${machine.vmalloc_start} to ${machine.vmalloc_end}; wider parts are larger, but not in proportion.`),
      el("div", { class: "space", role: "group", "aria-label": "Address space of vmalloc" }, parts.slice(0, MOST_PARTS).map(spacePart)),
      parts.length > MOST_PARTS && el("p", { class: "sub" }, `and ${plural(parts.length - MOST_PARTS, "more part")}`) || "",
      el("div", { class: "lazy" }, gauge(view.vmalloc), el("p", { class: "sub" }, waiting(view.vmalloc)),
        !hindrance && act("purge", el("code", {}, "vm_unmap_aliases()"), requests.call("vm_unmap_aliases()"))),
      el("div", { class: "mappings" }, ...(area ? [areaFigure(area), blockFigure(area)] : [el("p", { class: "sub" }, "vmalloc has made no area yet.")])));
    for (const row of this.querySelectorAll(".space, .virtual")) {
      const stop = row.querySelector("[aria-pressed=true]") ?? row.querySelector("button");
      if (stop) stop.tabIndex = 0;
    }
    this.#mark();
  }

  #mark() {
    markPointed(this);
    for (const item of this.querySelectorAll(".virtual button")) item.classList.toggle("selected", item.dataset.address === lab.address);
  }
}

function spacePart(part) {
  const label = spaceLabel(part);
  const isArea = part.state === "area";
  const item = el("button", {
    type: "button", tabindex: "-1", title: label, "aria-label": label, "data-space": part.state, "data-key": `space ${part.address}`,
    "data-address": part.address, "aria-pressed": isArea ? String(lab.area?.address === part.address) : null,
    onclick: () => (isArea ? lab.openArea(part.address) : lab.lookAt(part.address)),
  }, el("span", { class: "name" }, isArea ? (part.id === null ? "" : `#${part.id}`) : part.state === "free" ? "free" : "waits"),
  el("span", { class: "size" }, bytes(isArea ? part.mapped_bytes : part.pages * 4096)));
  item.style.setProperty("flex-grow", String(1 + Math.log2(part.pages)));
  return item;
}

/** How much of what may wait does wait. */
function gauge({ lazy_pages: value, lazy_limit: max }) {
  return el("meter", { value, max, "aria-label": "Pages that wait for a purge" }, String(value));
}

function act(key, text, request, kind = null) {
  return el("button", { type: "button", class: kind, "data-key": key, onclick: () => lab.perform(request, "virtual") }, text);
}

function areaFigure(area) {
  const runs = area.physically_contiguous_runs;
  const total = Math.ceil(area.mapped_bytes / 4096);
  return mapping({
    title: [el("strong", {}, area.id === null ? "An area of the kernel’s own" : `#${area.id} `), area.call && callCode(area.call)],
    words: `${plural(total, "page")} in ${plural(runs, "piece")} of physical memory`,
    pages: area.pages, total, guard: area.guard_page, what: "the area",
  }, lab.hindrance || area.id === null ? [] : [
    act("vfree", `Free #${area.id}`, requests.vfree(area.id), "primary"),
    act("past", "Write a byte too many", requests.call(`memset(${area.address}, 0x5c, ${area.mapped_bytes + 1})`)),
    act("dma", "Device writes 8 KiB", requests.dma({ address: area.address, length: DMA_BYTES, direction: "from_device" })),
  ]);
}

function blockFigure(area) {
  const total = Math.ceil(area.mapped_bytes / 4096);
  const order = orderFor(total);
  const block = [...lab.view.pages].reverse().find((page) => page.order === order && page.address !== null);
  if (block) {
    return mapping({
      title: [el("strong", {}, `#${block.id ?? "–"} `), callCode(block.call)],
      words: `${plural(2 ** order, "page")} in one piece, by the rules of the page allocator`,
      pages: pagesOfBlock(block), total: 2 ** order, guard: null, what: "the block",
    }, lab.hindrance ? [] : [
      act("free-block", `Free #${block.id}`, requests.free(block.id)),
      act("dma-block", "Device writes 8 KiB", requests.dma({ address: block.address, length: Math.min(DMA_BYTES, 4096 * 2 ** order), direction: "from_device" })),
    ]);
  }
  return el("div", { class: "mapping" }, order > LARGEST_ORDER
    ? el("p", { class: "sub" }, "The page allocator has no block of this size: its largest is 4 MiB.")
    : el("p", { class: "sub" }, `As much from the page allocator, a block of order ${order}, would be one stretch.`),
  order <= LARGEST_ORDER && !lab.hindrance && el("div", { class: "actions" },
    act("same", ["Allocate ", el("code", {}, `__get_free_pages(GFP_KERNEL, ${order})`)], requests.allocate("__get_free_pages", "GFP_KERNEL", order))));
}

customElements.define("area-map", AreaMap);
