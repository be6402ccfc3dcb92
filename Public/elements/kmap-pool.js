/**
 * `<kmap-pool>`: every slot of the pool of permanent mappings: free, in use with its count, or given up and still
 * known to TLBs; where the search for a slot stopped, and who sleeps until one is free.
 */
import { callCode, el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { poolSlots, SLOT_STATES } from "../high.js";
import { slotLabel } from "../high-words.js";
import { lab } from "../lab.js";
import { linkSlots, markPointed } from "../linking.js";
import { plural } from "../words.js";

/** With more slots each is only a small square. */
const MOST_LARGE = 64;

class KmapPool extends HTMLElement {
  connectedCallback() {
    linkSlots(this, "button.pk");
    lab.drawMappings();
    drawsView(this, () => redraw(this, () => this.#draw()));
  }

  #draw() {
    const { kmap } = lab.view;
    const slots = poolSlots(kmap);
    if (slots.length === 0) return this.replaceChildren(el("p", { class: "sub" }, "A kernel without high memory needs no pool."));
    const isDense = slots.length > MOST_LARGE;
    this.replaceChildren(
      el("p", { class: "sub" }, `${plural(slots.length, "slot")} from ${kmap.base} on: ${kmap.used} in use, ${kmap.stale} given up, ${kmap.free.toLocaleString("en")} free. `
        + `The search goes on behind last_pkmap_nr = ${kmap.last_pkmap_nr}.`),
      el("div", { class: `pool ${isDense ? "dense" : ""}`, role: "group", "aria-label": "Slots of kmap" }, slots.map((slot) => cell(slot, isDense))),
      kmap.waiting.length ? el("ul", { class: "sleepers", "aria-label": "Tasks that wait for a slot" }, kmap.waiting.map((task) =>
        el("li", {}, el("b", {}, `Task ${task.pid} sleeps`), ` on CPU ${task.cpu} since step ${task.step}, in `, callCode(task.call ?? "kmap()")))) : "",
      legend());
    this.querySelectorAll("button.pk")[kmap.last_pkmap_nr].tabIndex = 0;
    markPointed(this);
  }
}

function cell(slot, isDense) {
  const { slot: number, pfn, count, state, address } = slot;
  const old = lab.before?.kmap.counts[number] ?? count;
  const isLast = number === lab.view.kmap.last_pkmap_nr;
  const label = `${slotLabel(slot)}${isLast ? ", taken last" : ""}`;
  return el("button", {
    type: "button", tabindex: "-1", title: label, "aria-label": label, class: `pk ${old === count ? "" : "changed"} ${isLast ? "last" : ""}`,
    "data-slot": number, "data-slot-state": state, "data-key": `slot ${number}`, "data-pfn": pfn, "data-count": pfn === null ? null : 1, onclick: () => choose(address, pfn),
  }, isDense ? "" : [el("span", {}, String(number)), el("b", {}, String(pfn ?? "–")), el("span", {}, state === "stale" ? "stale" : count ? `count ${count}` : "free")]);
}

/** Shows the frame of a slot and how its address is translated. */
export function choose(address, pfn) {
  lab.lookAt(address);
  if (pfn !== null) lab.select({ pfn, count: 1 });
}

function legend() {
  const item = (words, state, more = "") => el("li", {}, el("span", { class: `pk swatch ${more}`, "data-slot-state": state }), words);
  return el("ul", { class: "legend", "aria-label": "Legend of the pool" },
    ["free", "used", "stale"].map((state) => item(SLOT_STATES[state], state)), item("taken last", "free", "last"), item("changed by this step", "free", "changed"));
}

customElements.define("kmap-pool", KmapPool);
