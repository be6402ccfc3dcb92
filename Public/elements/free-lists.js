/**
 * `<free-lists>`: the buddy allocator's lists, order by order, and the per-CPU lists in front of them.
 *
 * Every block is a button with its first frame number; the first of a list is the next to be handed out.
 */
import { arrange, el, Kept } from "../dom.js";
import { drawsView } from "../drawing.js";
import { lab } from "../lab.js";
import { place, pointing, rangeOf } from "../linking.js";
import { entryKey, overlap, typeLetter } from "../model.js";
import { rove } from "../roving.js";
import { bytes, plural } from "../words.js";

const MOST_CHIPS = 16;
const CHIP = "button.chip";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");

class FreeLists extends HTMLElement {
  #home = null;
  /** The step that was on show before, and of which session. */
  #was = {};
  #kept = new Kept();

  connectedCallback() {
    rove(this, CHIP, { place });
    pointing(this, CHIP);
    this.addEventListener("click", (event) => {
      const item = event.target.closest(CHIP);
      if (item) lab.select(rangeOf(item));
    });
    drawsView(this, () => {
      this.#draw();
      this.#move();
    });
    lab.addEventListener("point", () => this.#mark());
    lab.addEventListener("select", () => this.#mark());
  }

  #draw() {
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.pfn : null;
    if (focused) this.#home = focused;
    const before = lab.before ? new Set(lab.before.entries.map(entryKey)) : null;
    this.#kept.begin();
    arrange(this, lab.view.buddy.zones.map((zone) => this.#zoneSection(zone, before)));
    const chips = [...this.querySelectorAll(CHIP)];
    for (const chip of chips) if (chip.tabIndex === 0) chip.tabIndex = -1;
    const stop = chips.find((chip) => chip.dataset.pfn === this.#home) ?? chips[0];
    if (stop) stop.tabIndex = 0;
    if (focused) stop?.focus({ preventScroll: true });
    this.#mark();
  }

  #zoneSection(zone, before) {
    const { name, free_areas: areas } = zone;
    const section = this.#kept.take(`zone ${name}`, () => el("section", { class: "zone", "data-zone": name }));
    const facts = lab.view.zones.find((one) => one.name === name);
    const shown = Math.min(Math.floor(Math.log2(facts?.spanned_pages ?? Infinity)), areas.length - 1);
    const rows = areas.slice(0, shown + 1).map(({ order, nr_free: count, lists }) =>
      contentsOf({ zone: name, cpu: null, order, count, delta: lab.deltas.get(`${name}/${order}`) }, lists, before));
    arrange(section, [
      this.#same("heading", [name, facts?.watermark], heading), this.#table("buddy", name, rows),
      ...(shown + 1 < areas.length ? [this.#same("larger", [name, shown + 1, areas.length - 1], larger)] : []),
      ...zone.per_cpu.map((cpu) => this.#cpuPart(zone, cpu, facts, before)),
    ]);
    return section;
  }

  #cpuPart(zone, { cpu, lists: all }, facts, before) {
    const part = this.#kept.take(`cpu ${zone.name} ${cpu}`, () => el("div", { class: "per-cpu" }));
    const orders = [...new Set([0, 1, 2, 3, ...all.map((list) => list.order)])].sort((a, b) => a - b);
    const rows = orders.map((order) => {
      const lists = all.filter((list) => list.order === order);
      const delta = lab.deltas.get(`${zone.name}/cpu${cpu}/${order}`);
      const count = lists.reduce((sum, list) => sum + list.count, 0);
      return contentsOf({ zone: zone.name, cpu, order, count, delta }, lists, before);
    }).filter(({ count, delta }) => count > 0 || delta);
    const sizes = facts?.per_cpu?.find((one) => one.cpu === cpu);
    arrange(part, [
      this.#same("limits", [zone.name, cpu, sizes], limits),
      rows.length ? this.#table("own", zone.name, rows, cpu) : this.#same("empty", [zone.name, cpu], empty),
    ]);
    return part;
  }

  #table(kind, zone, rows, cpu = null) {
    const table = this.#kept.take(`${kind} ${zone} ${cpu}`, () => (cpu === null ? buddyTable(zone) : cpuTable(zone, cpu)));
    arrange(table.tBodies[0], rows.map((one) => this.#same("row", [one], row)));
    return table;
  }

  /** What `make` makes of these values, or made of the very same before. */
  #same(kind, values, make) {
    return this.#kept.take(`${kind} ${JSON.stringify(values)}`, () => make(...values));
  }

  /** After a step forward, and after it is painted, its splits and merges are played over it. */
  async #move() {
    const { view, session, step, deltas } = lab;
    const isNext = this.#was.session === session && this.#was.step === step - 1;
    this.#was = { session, step };
    if (!isNext || STILL.matches || ![...deltas.keys()].some((key) => !key.includes("/cpu"))) return;
    const isOver = () => lab.view !== view || !this.isConnected;
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
    if (isOver()) return;
    try {
      const [{ explain }, { play }] = await Promise.all([lab.explain(), import("./block-motion.js")]);
      if (!isOver()) play(this, explain, view.zones);
    } catch {
      // Without an explanation nothing moves; the picture is right without.
    }
  }

  #mark() {
    const { pointed, selected } = lab;
    for (const item of this.querySelectorAll(CHIP)) {
      const range = rangeOf(item);
      item.classList.toggle("linked", pointed !== null && overlap(range, pointed));
      item.classList.toggle("selected", selected !== null && overlap(range, selected));
    }
  }
}

function heading(name, mark) {
  return el("h3", {}, name, mark && el("span", {
    class: "sub", title: "Below these numbers of free frames the zone is skipped (low), or only the urgent get some (min).",
  }, `watermarks: min ${mark.min}, low ${mark.low}, high ${mark.high}`));
}

const larger = (_, from, to) => el("p", { class: "sub" }, from === to ? `Order ${from}: larger than the zone.` : `Orders ${from} to ${to}: larger than the zone.`);

const limits = (_, cpu, sizes) => el("h4", {}, `CPU ${cpu}’s own lists`, el("span", { class: "sub" },
  sizes ? `${plural(sizes.count, "frame")}, drained at ${sizes.high}, refilled by ${sizes.batch}` : ""));

const empty = () => el("p", { class: "sub" }, "empty");

const buddyTable = (zone) => table(`Buddy lists of zone ${zone}`, ["Order", "Blocks", "First frames, head of the list first"], null);
const cpuTable = (zone, cpu) => table(`Lists of CPU ${cpu} for zone ${zone}`, ["Order", "Blocks", "First frames"], "hidden");

function table(caption, heads, hidden) {
  return el("table", {},
    el("caption", { class: "hidden" }, caption),
    el("colgroup", {}, el("col", { class: "order" }), el("col", { class: "blocks" }), el("col")),
    el("thead", { class: hidden }, el("tr", {}, heads.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody"));
}

/** All that a row shows, with the first blocks of its lists; those that came with the step are fresh. */
function contentsOf(row, lists, before) {
  const { zone, cpu, order } = row;
  const blocks = ({ migratetype, pfns }) => pfns.slice(0, MOST_CHIPS).map((pfn) =>
    ({ pfn, isFresh: before !== null && !before.has(entryKey({ zone, cpu, order, migratetype, pfn })) }));
  return {
    ...row, lists: lists.filter((list) => list.count > 0).map((list) => ({ migratetype: list.migratetype, count: list.count, blocks: blocks(list) })),
  };
}

function row({ cpu, order, count, delta, lists }) {
  const size = 2 ** order;
  return el("tr", { class: `${count ? "" : "empty"} ${delta ? "changed" : ""}`, "data-order": cpu === null ? order : null },
    el("th", { scope: "row", title: `${plural(size, "frame")}, ${bytes(size * 4096)}` }, String(order)),
    el("td", { class: "count" }, String(count),
      delta ? el("span", { class: "delta" }, delta > 0 ? `+${delta}` : `−${-delta}`) : null),
    el("td", {}, el("div", { class: "chips" }, lists.flatMap((list) => chips(list, cpu, order)))));
}

function chips({ migratetype, count, blocks }, cpu, order) {
  const drawn = blocks.map(({ pfn, isFresh }, place) => el("button", {
    type: "button", tabindex: "-1", class: `chip ${isFresh ? "changed" : ""}`,
    "data-pfn": pfn, "data-count": 2 ** order, "data-state": cpu === null ? "free" : "per_cpu",
    "aria-label": `Frame ${pfn}, order ${order}, ${migratetype}${place === 0 ? ", first of its list" : ""}`,
  }, String(pfn)));
  const rest = count - drawn.length;
  return [
    el("abbr", { class: "type", title: migratetype }, typeLetter(migratetype)), ...drawn,
    rest > 0 ? el("span", { class: "sub" }, `and ${rest.toLocaleString("en")} more`) : null,
  ];
}

customElements.define("free-lists", FreeLists);
