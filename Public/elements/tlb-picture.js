/** `<tlb-picture>`: the places of the TLB, a column for each set, and what is in them. */
import { el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { lab } from "../lab.js";
import { kindOf, setsOf } from "../virtual.js";
import { entryLabel } from "../virtual-words.js";
import { plural } from "../words.js";

const MOST_SETS = 64;
const KINDS = { direct: ["D", "the kernel’s view of low memory"], vmalloc: ["V", "vmalloc"], other: ["?", "other addresses"] };

class TLBPicture extends HTMLElement {
  #drawing = 0;

  connectedCallback() {
    drawsView(this, () => lab.hold(this.#draw()));
  }

  async #draw() {
    this.#drawing += 1;
    const drawing = this.#drawing;
    try {
      const { shape, cpus } = await lab.tlb();
      if (drawing !== this.#drawing) return;
      const isOpen = this.querySelector("details")?.open;
      const shown = cpus.filter((cpu, number) => number === 0 || cpu.entries.length);
      redraw(this, () => this.replaceChildren(...shown.flatMap((cpu) => picture(shape, cpu, cpus.length)), legend(), list(shown, isOpen)));
    } catch (error) {
      if (drawing === this.#drawing) this.replaceChildren(el("p", { class: "error" }, error.message));
    }
  }
}

const number = (value) => value.toLocaleString("en");

function picture(shape, cpu, count) {
  const { hits, misses, full_flushes: full, page_flushes: single } = cpu.counters;
  return [
    el("p", { class: "sub" }, `${count > 1 ? `CPU ${cpu.cpu}: ` : ""}since boot ${number(hits)} hits, ${number(misses)} misses, ${full === 1 ? "1 flush" : `${number(full)} flushes`} of all and ${number(single)} of a page.`),
    el("div", { class: "tlbs" }, setsOf(shape, cpu).map(places)),
  ];
}

function places({ title, ways, sets, used, room }) {
  const grid = el("div", { class: "slots", role: "img", "aria-label": `${title}: ${used} of ${room} places used` },
    sets.slice(0, MOST_SETS).flatMap((set) => Array.from({ length: ways }, (_, way) => place(set[way]))));
  grid.style.setProperty("--ways", ways);
  grid.style.setProperty("--sets", Math.min(sets.length, MOST_SETS));
  return el("div", {}, el("h4", {}, title, el("span", { class: "sub" }, ` ${used} of ${room} places, ${plural(sets.length, "set")} of ${ways}`)), grid);
}

function place(entry) {
  if (!entry) return el("span", { class: "slot" });
  const kind = kindOf(entry.page_address, lab.machine);
  return el("span", { class: `slot ${entry.stale ? "stale" : ""}`, "data-kind": kind, title: entryLabel(entry) }, entry.stale ? "!" : KINDS[kind][0]);
}

function legend() {
  return el("ul", { class: "legend", "aria-label": "Legend of the TLB" },
    Object.entries(KINDS).map(([kind, [letter, words]]) => el("li", {}, el("span", { class: "slot", "data-kind": kind }, letter), ` ${words}`)),
    el("li", {}, el("span", { class: "slot stale", "data-kind": "vmalloc" }, "!"), " out of date, not flushed yet"));
}

/** The same as a table. */
function list(cpus, isOpen) {
  const entries = cpus.flatMap((cpu) => cpu.entries);
  return el("details", { open: isOpen || null }, el("summary", { "data-key": "list" }, `As a list (${entries.length})`),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Entries of the TLB" }, el("ul", {}, entries.map((entry) => el("li", {}, entryLabel(entry))))));
}

customElements.define("tlb-picture", TLBPicture);
