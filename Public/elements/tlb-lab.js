/** `<tlb-lab>`: the same loads over memory of the page allocator and of vmalloc, and what they cost, side by side. */
import { el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { lab } from "../lab.js";
import { PATTERNS, resultsOf, run, sidesOf, sizeFor } from "../experiment.js";
import { bytes, plural } from "../words.js";

const SIDES = { direct: "alloc_pages", vmalloc: "vmalloc" };
const ROWS = [
  ["hits", "TLB hits", (one) => one.hits, (all) => all[0].count],
  ["misses", "TLB misses", (one) => one.misses, (all) => all[0].count],
  ["reads", "entries read", (one) => one.memory_reads, null],
  ["cycles", "cycles a load", (one) => one.cycles_per_access, null],
];

class TLBLab extends HTMLElement {
  #pattern = el("select", { id: "tlb-pattern" },
    el("option", { value: "all" }, "all three patterns"), Object.entries(PATTERNS).map(([value, { title }]) => el("option", { value }, title.toLowerCase())));
  #count = el("input", { id: "tlb-count", type: "number", min: "1", max: "1000000", value: "20000", required: true });
  #run = el("button", { type: "submit", class: "primary" }, "Run over both");
  #intro = el("p", { class: "sub" });
  #hint = el("div", {});
  #results = el("div", { class: "results" });

  connectedCallback() {
    this.append(this.#intro, this.#hint,
      el("form", { class: "row", onsubmit: (event) => this.#start(event) },
        el("label", { class: "hidden", for: "tlb-pattern" }, "Pattern"), this.#pattern,
        this.#count, el("label", { for: "tlb-count" }, "loads"), this.#run),
      this.#results);
    drawsView(this, () => redraw(this, () => this.#draw()));
  }

  async #start(event) {
    event.preventDefault();
    const { value } = this.#pattern;
    await run(lab, value === "all" ? Object.keys(PATTERNS) : [value], Number(this.#count.value));
  }

  #draw() {
    const { machine, hindrance } = lab;
    const { direct, vmalloc } = sidesOf(lab);
    const size = bytes(sizeFor(machine));
    this.#intro.textContent = `The same loads over ${size} of alloc_pages and ${size} of vmalloc${direct && vmalloc ? "" : ", which are allocated first"}.`;
    this.#run.disabled = hindrance !== null;
    this.#hint.replaceChildren(...(machine.kind === "classroom" ? [el("p", { class: "sub" }, "This small kernel maps its memory in 4 KiB pages, so both fare alike; a large one maps low memory 4 MiB at a time. ",
      el("button", { type: "button", class: "quiet", "data-key": "boot", onclick: () => lab.boot({ machine: "i386" }) }, "Boot an i386 machine"))] : []));
    const results = resultsOf(lab);
    this.#results.replaceChildren(...results.map(table), ...(results.length ? [price(results)] : []));
  }
}

function table(result) {
  const sides = Object.keys(SIDES).filter((side) => result[side]);
  const all = sides.map((side) => result[side]);
  const { title, words } = PATTERNS[result.pattern];
  return el("table", { class: "chart", "data-pattern": result.pattern },
    el("caption", {}, el("strong", {}, title), el("span", { class: "sub" }, ` ${words}; ${plural(all[0].count, "load")}`)),
    el("thead", {}, el("tr", {}, el("td", {}), sides.map((side) => el("th", { scope: "col" }, SIDES[side])))),
    el("tbody", {}, ROWS.map(([name, heading, value, scale]) => {
      const most = scale ? scale(all) : Math.max(...all.map(value));
      return el("tr", { "data-row": name }, el("th", { scope: "row" }, heading), sides.map((side) => cell(side, value(result[side]), most)));
    })));
}

function cell(side, value, most) {
  const bar = el("span", { class: `amount ${side}`, "aria-hidden": "true" });
  bar.style.setProperty("width", `${most ? Math.max(value ? 1 : 0, (100 * value) / most) : 0}%`);
  return el("td", {}, el("span", { class: "number" }, value.toLocaleString("en", { maximumFractionDigits: 2 })), el("span", { class: "track" }, bar));
}

function price(results) {
  const { cost } = results[0].direct ?? results[0].vmalloc;
  return el("p", { class: "sub" }, `A load costs ${cost.access_cycles} cycles, each entry that a walk reads ${cost.entry_cycles} more. Nothing else is counted.`);
}

customElements.define("tlb-lab", TLBLab);
