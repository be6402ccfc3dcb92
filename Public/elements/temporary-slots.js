/**
 * `<temporary-slots>`: the addresses that each CPU has for a moment: the stack of 6.1, and the slots of 2.6, one for
 * each type. An entry that was left behind looks different from one that somebody counts on.
 */
import { el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { SLOT_STATES, temporarySlots } from "../high.js";
import { temporaryLabel } from "../high-words.js";
import { lab } from "../lab.js";
import { linkSlots, markPointed } from "../linking.js";
import { choose } from "./kmap-pool.js";

/** What stands in a slot beside the frame: colour never carries the meaning alone. */
const MARKS = { left: "left over", overwritten: "2×", gone: "cleared", parked: "asleep" };

class TemporarySlots extends HTMLElement {
  connectedCallback() {
    linkSlots(this, "button.tk");
    lab.drawMappings();
    drawsView(this, () => redraw(this, () => this.#draw()));
  }

  #draw() {
    const { view, before } = lab;
    const all = temporarySlots(view);
    if (all.length === 0) return this.replaceChildren(el("p", { class: "sub" }, "Without high memory, kmap_atomic() returns the page’s own address. It keeps the CPU all the same."));
    const old = new Map(before ? temporarySlots(before).map((slot) => [slot.address, look(slot)]) : []);
    const cpus = view.context.cpus.map(({ cpu }) => all.filter((slot) => slot.cpu === cpu))
      .filter((slots) => slots[0].cpu === view.context.cpu || slots.some((slot) => slot.state !== "free"));
    this.replaceChildren(...cpus.flatMap((slots) => figures(slots, old)), legend());
    (this.querySelector("button.tk:not([data-slot-state=free])") ?? this.querySelector("button.tk")).tabIndex = 0;
    markPointed(this);
  }
}

const look = (slot) => `${slot.pfn} ${slot.users.map((one) => one.id)}`;

function figures(slots, old) {
  const { cpu } = slots[0];
  return [
    ["stack", "6.1: a stack", "what was mapped last is given up first", slots.filter((slot) => slot.type === null)],
    ["types", "2.6: a slot for each type", "the caller names one, and nobody looks whether it is in use", slots.filter((slot) => slot.type !== null)],
  ].flatMap(([kind, title, words, own]) => [
    el("h4", {}, `CPU ${cpu}, ${title}: `, el("span", { class: "sub" }, words)),
    el("div", { class: kind, role: "group", "aria-label": `CPU ${cpu}, ${title}` }, own.map((slot) => cell(slot, old))),
  ]);
}

function cell(slot, old) {
  const { type, index, address, pfn, state } = slot;
  const label = temporaryLabel(slot);
  return el("button", {
    type: "button", tabindex: "-1", title: label, "aria-label": label, class: `tk ${(old.get(address) ?? look(slot)) === look(slot) ? "" : "changed"}`,
    "data-slot-state": state, "data-address": address, "data-key": address, "data-pfn": pfn, "data-count": pfn === null ? null : 1, onclick: () => choose(address, pfn),
  }, el("span", {}, type ?? String(index)), state !== "free" && el("b", {}, String(pfn ?? "–")), MARKS[state] && el("span", {}, MARKS[state]));
}

function legend() {
  return el("ul", { class: "legend", "aria-label": "Legend of temporary slots" }, ["free", "used", "left", "overwritten"].map((state) =>
    el("li", {}, el("span", { class: "tk swatch", "data-slot-state": state }, state === "overwritten" ? el("span", {}, "2×") : ""), SLOT_STATES[state])));
}

customElements.define("temporary-slots", TemporarySlots);
