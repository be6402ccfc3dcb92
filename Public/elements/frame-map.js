/**
 * `<frame-map>`: all page frames of the machine, zone by zone.
 *
 * A machine that fits is drawn frame by frame; a larger one page block by page block, and below them the
 * frames of the one that was chosen or changed last.
 */
import { arrange, el, Kept } from "../dom.js";
import { drawsView } from "../drawing.js";
import { lab } from "../lab.js";
import { place, pointing, rangeOf } from "../linking.js";
import { blockAt, COLUMNS, overlap, pageBlockSums, STATES, typeLetter } from "../model.js";
import { rove } from "../roving.js";
import { bytes, frameRange, plural } from "../words.js";
import "./frame-grid.js";

const MOST_FRAMES = 4096;
/** Zones with more page blocks than this have alike ones folded together. */
const MOST_PAGE_BLOCKS = 500;
const ITEM = "button.cell, button.page-block";

class FrameMap extends HTMLElement {
  #home = 0;
  #zoom = null;
  #followed = null;
  #machine = null;
  #kept = new Kept();

  connectedCallback() {
    rove(this, ITEM, { place });
    pointing(this);
    this.addEventListener("click", (event) => this.#choose(event.target));
    drawsView(this, () => this.#draw());
    lab.addEventListener("point", () => this.#mark());
    lab.addEventListener("select", () => this.#mark());
  }

  #choose(target) {
    const item = target.closest("[data-pfn]");
    if (!item) return;
    const range = rangeOf(item);
    this.#home = range.pfn;
    if (item.matches(".page-block")) {
      this.#zoom = range.pfn;
      this.#draw();
      lab.select(this.#firstBlock(range));
    } else {
      lab.select(range);
    }
  }

  #firstBlock(range) {
    const inside = lab.view.blocks.filter((block) => overlap(block, range));
    const block = inside.find((one) => one.state === "allocated") ?? inside[0];
    return block ? { pfn: block.pfn, count: block.count } : range;
  }

  #draw() {
    const { zones } = lab.view;
    if (this.#machine !== lab.machine) {
      this.#machine = lab.machine;
      this.#zoom = null;
    }
    const focused = this.contains(document.activeElement);
    if (focused) this.#home = Number(document.activeElement.dataset.pfn);
    const total = zones.reduce((sum, zone) => sum + zone.spanned_pages, 0);
    this.#kept.begin();
    const parts = total <= MOST_FRAMES
      ? zones.map((zone) => this.#zoneSection(zone, this.#frameGrid(zone)))
      : [...zones.map((zone) => this.#zoneSection(zone, blockGrid(zone))), this.#detail(zones)];
    arrange(this, parts);
    this.#restoreStop(focused);
    this.#mark();
  }

  #zoneSection(zone, content) {
    const section = this.#kept.take(`zone ${zone.name}`, () => el("section", { class: "zone", "data-zone": zone.name }));
    const words = heading(zone);
    arrange(section, [this.#kept.take(`heading ${zone.name} ${words.innerHTML}`, () => words), content]);
    return section;
  }

  /** The frames of a zone; the first zone's picture also has frame 0, which belongs to none. */
  #frameGrid(zone) {
    const origin = zone === lab.view.zones[0] ? zone.start_pfn - (zone.start_pfn % COLUMNS) : zone.start_pfn;
    return this.#gridOf(origin, zone.start_pfn + zone.spanned_pages, `Frames of zone ${zone.name}`);
  }

  #gridOf(origin, end, label) {
    const box = this.#kept.take(`grid ${label}`, () => el("div", { class: "grid-box" }, document.createElement("frame-grid")));
    const blocks = lab.view.blocks.filter((block) => overlap(block, { pfn: origin, count: end - origin }));
    const last = lab.view.zones[lab.view.zones.length - 1];
    const digits = String(last.start_pfn + last.spanned_pages).length;
    const types = 2 ** lab.machine.pageblock_order === COLUMNS ? pageBlockTypes() : null;
    box.firstChild.show({ blocks, origin, end, label, digits, types, changed: lab.changed });
    return box;
  }

  /** The frames of one page block of a large machine: the chosen one, or where the step changed some. */
  #detail(zones) {
    const size = 2 ** lab.machine.pageblock_order;
    if (this.#zoom === null || lab.view !== this.#followed) this.#zoom = this.#worthSeeing(size);
    this.#followed = lab.view;
    const zone = zones.find((one) => overlap({ pfn: this.#zoom, count: 1 }, zoneRange(one))) ?? zones[0];
    const start = Math.max(Math.floor(this.#zoom / size) * size, zone.start_pfn);
    const end = Math.min(Math.floor(start / size) * size + size, zone.start_pfn + zone.spanned_pages);
    return el("section", { class: "zone detail" },
      el("h3", {}, `Page block ${frameRange(start, end - start)}`,
        el("span", { class: "sub" }, `zone ${zone.name}, ${pageBlockTypes().get(Math.floor(start / size)) ?? "of no type"}`)),
      this.#gridOf(start, end, `Frames of the page block at ${start}`));
  }

  #worthSeeing(size) {
    const changed = [...lab.changed];
    const isAllocated = (pfn) => blockAt(lab.view.blocks, pfn)?.state === "allocated";
    const stays = this.#zoom !== null && changed.every((pfn) => !isAllocated(pfn) || same(pfn, this.#zoom, size));
    const touched = changed.find(isAllocated)
      ?? (changed.some((pfn) => this.#zoom !== null && same(pfn, this.#zoom, size)) ? this.#zoom : changed[0]);
    if (stays && touched === undefined) return this.#zoom;
    return touched ?? this.#zoom ?? lab.view.pages[0]?.pfn ?? mostVaried(size);
  }

  #restoreStop(focused) {
    const items = [...this.querySelectorAll(ITEM)];
    for (const item of items) if (item.tabIndex === 0) item.tabIndex = -1;
    const held = items.filter((item) => Number(item.dataset.pfn) <= this.#home
      && this.#home < Number(item.dataset.pfn) + Number(item.dataset.count));
    const stop = held.find((item) => item.matches(".page-block")) ?? held[0] ?? items[0];
    if (!stop) return;
    stop.tabIndex = 0;
    if (focused) stop.focus({ preventScroll: true });
  }

  #mark() {
    const { pointed, selected } = lab;
    const buddy = selected && lab.view ? buddyOf(selected) : null;
    for (const item of this.querySelectorAll("[data-pfn]")) {
      const range = rangeOf(item);
      item.classList.toggle("linked", pointed !== null && overlap(range, pointed));
      item.classList.toggle("selected", selected !== null && overlap(range, selected));
      item.classList.toggle("buddy", buddy !== null && overlap(range, buddy) && !item.matches(".page-block"));
    }
  }
}

/** The start of the page block that is cut into the most pieces; on a machine that has just booted, of Normal. */
function mostVaried(size) {
  const { blocks, zones } = lab.view;
  const start = (zones[1] ?? zones[0]).start_pfn;
  if (lab.machine.kind !== "recorded") return start;
  const pieces = new Map();
  for (const { pfn } of blocks) {
    const number = Math.floor(pfn / size);
    pieces.set(number, (pieces.get(number) ?? 0) + 1);
  }
  const [number] = [...pieces].reduce((best, one) => (one[1] > best[1] ? one : best));
  return Math.max(number * size, zones[0].start_pfn);
}

const zoneRange = (zone) => ({ pfn: zone.start_pfn, count: zone.spanned_pages });
const same = (a, b, size) => Math.floor(a / size) === Math.floor(b / size);

/** The frames that a free block could merge with. */
export function buddyOf(range) {
  const block = blockAt(lab.view.blocks, range.pfn);
  if (!block || block.state !== "free" || block.order === null) return null;
  if (block.order + 1 >= lab.machine.max_order || block.count !== 2 ** block.order) return null;
  const pfn = Math.floor(block.pfn / block.count) % 2 ? block.pfn - block.count : block.pfn + block.count;
  return { pfn, count: block.count };
}

/** The migrate type of each page block, by the block's number. */
function pageBlockTypes() {
  const size = 2 ** lab.machine.pageblock_order;
  return new Map(lab.view.frames.pageblocks.map((one) => [Math.floor(one.pfn / size), one.migratetype]));
}

function heading(zone) {
  return el("h3", {}, zone.name, el("span", { class: "sub" },
    `${plural(zone.spanned_pages, "frame")} = ${bytes(zone.spanned_pages * 4096)}, `,
    el("b", {}, zone.free_pages.toLocaleString("en")), " free"));
}

function blockGrid(zone) {
  const size = 2 ** lab.machine.pageblock_order;
  const types = pageBlockTypes();
  const changed = new Set([...lab.changed].map((pfn) => Math.floor(pfn / size)));
  const sums = pageBlockSums(lab.view.blocks, zone, size).map((sum) => {
    const number = Math.floor(sum.pfn / size);
    return { ...sum, blocks: 1, type: types.get(number), changed: changed.has(number) };
  });
  return el("div", { class: "page-blocks", role: "group", "aria-label": `Page blocks of zone ${zone.name}` },
    (sums.length > MOST_PAGE_BLOCKS ? folded(sums) : sums).map(pageBlock));
}

/** Joins page blocks that stand side by side and are all of one type and of one state. */
function folded(sums) {
  const rows = [];
  for (const sum of sums) {
    const last = rows[rows.length - 1];
    if (last && isPlain(last) && isPlain(sum) && look(last) === look(sum)) {
      last.count += sum.count;
      last.blocks += 1;
      for (const [state, n] of Object.entries(sum.states)) last.states[state] += n;
    } else {
      rows.push({ ...sum, states: { ...sum.states } });
    }
  }
  return rows;
}

const isPlain = (sum) => Object.keys(sum.states).length === 1 && !sum.changed && !sum.shared;
const look = (sum) => `${sum.type} ${Object.keys(sum.states)[0]}`;

function pageBlock(sum) {
  const words = Object.entries(sum.states).map(([state, n]) => `${n} ${STATES[state].name}`).join(", ");
  const what = sum.blocks > 1 ? `${sum.blocks} page blocks` : "Page block";
  const label = `${what} ${frameRange(sum.pfn, sum.count)}, ${sum.type ?? "no type"}: ${words}`;
  const isAbsent = sum.states.absent === sum.count;
  const letter = isAbsent ? STATES.absent.letter : typeLetter(sum.type);
  const classes = ["page-block", sum.changed && "changed", sum.shared && "shared", sum.blocks > 1 && "folded",
    isAbsent && "absent"];
  const item = el("button", {
    type: "button", tabindex: "-1", "aria-label": label, title: label, class: classes.filter(Boolean).join(" "),
    "data-pfn": sum.pfn, "data-count": sum.count,
  }, el("span", { class: "letter", "aria-hidden": "true" }, `${letter}${sum.blocks > 1 ? ` × ${sum.blocks}` : ""}`));
  let level = 0;
  for (const state of ["reserved", "kernel", "slab", "page_table", "vmalloc", "allocated", "per_cpu"]) {
    level += (100 * (sum.states[state] ?? 0)) / sum.count;
    item.style.setProperty(`--${state}-top`, `${sum.states[state] ? Math.max(level, 8) : level}%`);
  }
  return item;
}

customElements.define("frame-map", FrameMap);
