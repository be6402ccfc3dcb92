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
    const section = this.#kept.take(`zone ${zone.name}`, () => el("section", { class: "zone", "data-zone": zone.name }));
    const facts = lab.view.zones.find((one) => one.name === zone.name);
    arrange(section, zoneParts(zone, facts, before).map((part) => this.#kept.take(`${zone.name} ${part.outerHTML}`, () => part)));
    return section;
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

/** The heading of a zone and its tables. */
function zoneParts(zone, facts, before) {
  const mark = facts?.watermark;
  const areas = zone.free_areas;
  const shown = Math.min(Math.floor(Math.log2(facts?.spanned_pages ?? Infinity)), areas.length - 1);
  const parts = [
    el("h3", {}, zone.name, mark && el("span", {
      class: "sub", title: "Below these numbers of free frames the zone is skipped (low), or only the urgent get some (min).",
    }, `watermarks: min ${mark.min}, low ${mark.low}, high ${mark.high}`)),
    el("table", {},
      el("caption", { class: "hidden" }, `Buddy lists of zone ${zone.name}`),
      columns(),
      el("thead", {}, el("tr", {}, ["Order", "Blocks", "First frames, head of the list first"]
        .map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, areas.slice(0, shown + 1).map((area) => row({
        zone: zone.name, cpu: null, order: area.order, count: area.nr_free, lists: area.lists,
        delta: lab.deltas.get(`${zone.name}/${area.order}`), before,
      })))),
    shown + 1 < areas.length && el("p", { class: "sub" },
      `Order${shown + 2 < areas.length ? "s" : ""} ${shown + 1}${shown + 2 < areas.length ? ` to ${areas.length - 1}` : ""}: larger than the zone.`),
    ...zone.per_cpu.map((cpu) => cpuTable(zone, cpu, facts, before)),
  ];
  return parts.filter(Boolean);
}

function cpuTable(zone, cpu, facts, before) {
  const sizes = facts?.per_cpu?.find((one) => one.cpu === cpu.cpu);
  const orders = [...new Set([0, 1, 2, 3, ...cpu.lists.map((list) => list.order)])].sort((a, b) => a - b);
  const rows = orders.map((order) => {
    const lists = cpu.lists.filter((list) => list.order === order);
    const delta = lab.deltas.get(`${zone.name}/cpu${cpu.cpu}/${order}`);
    const count = lists.reduce((sum, list) => sum + list.count, 0);
    return (count > 0 || delta) && row({ zone: zone.name, cpu: cpu.cpu, order, count, lists, delta, before });
  }).filter(Boolean);
  const limits = sizes ? `${plural(sizes.count, "frame")}, drained at ${sizes.high}, refilled by ${sizes.batch}` : "";
  return el("div", { class: "per-cpu" },
    el("h4", {}, `CPU ${cpu.cpu}’s own lists`, el("span", { class: "sub" }, limits)),
    rows.length
      ? el("table", {},
        el("caption", { class: "hidden" }, `Lists of CPU ${cpu.cpu} for zone ${zone.name}`),
        columns(),
        el("thead", { class: "hidden" }, el("tr", {}, ["Order", "Blocks", "First frames"]
          .map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, rows))
      : el("p", { class: "sub" }, "empty"));
}

const columns = () =>
  el("colgroup", {}, el("col", { class: "order" }), el("col", { class: "blocks" }), el("col"));

function row({ zone, cpu, order, count, lists, delta, before }) {
  const filled = lists.filter((list) => list.count > 0);
  const size = 2 ** order;
  return el("tr", { class: `${count ? "" : "empty"} ${delta ? "changed" : ""}`, "data-order": cpu === null ? order : null },
    el("th", { scope: "row", title: `${plural(size, "frame")}, ${bytes(size * 4096)}` }, String(order)),
    el("td", { class: "count" }, String(count),
      delta ? el("span", { class: "delta" }, delta > 0 ? `+${delta}` : `−${-delta}`) : null),
    el("td", {}, el("div", { class: "chips" }, filled.flatMap((list) => chips(list, zone, cpu, order, before)))));
}

function chips(list, zone, cpu, order, before) {
  const state = cpu === null ? "free" : "per_cpu";
  const drawn = list.pfns.slice(0, MOST_CHIPS).map((pfn, place) => {
    const entry = { pfn, count: 2 ** order, order, migratetype: list.migratetype, zone, cpu };
    const fresh = before !== null && !before.has(entryKey(entry));
    return el("button", {
      type: "button", tabindex: "-1", class: `chip ${fresh ? "changed" : ""}`,
      "data-pfn": pfn, "data-count": entry.count, "data-state": state,
      "aria-label": `Frame ${pfn}, order ${order}, ${list.migratetype}${place === 0 ? ", first of its list" : ""}`,
    }, String(pfn));
  });
  const rest = list.count - drawn.length;
  return [
    el("abbr", { class: "type", title: list.migratetype }, typeLetter(list.migratetype)), ...drawn,
    rest > 0 ? el("span", { class: "sub" }, `and ${rest.toLocaleString("en")} more`) : null,
  ];
}

customElements.define("free-lists", FreeLists);
