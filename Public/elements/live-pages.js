/** `<live-pages>`: every allocation that is still held, pages, bytes and mappings, with a button to give it back. */
import { callCode, el } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { isHighCall } from "../high.js";
import { lab } from "../lab.js";
import { freeRequest } from "./object-inspector.js";
import { frameRange, plural } from "../words.js";

const MOST_ROWS = 40;

class LivePages extends HTMLElement {
  connectedCallback() {
    this.tabIndex = -1;
    drawsView(this, () => this.#draw());
  }

  #draw() {
    const focused = this.contains(document.activeElement);
    const { pages, report } = lab.view;
    const owned = new Set(pages.map((page) => page.id));
    const objects = report.leaks.filter((leak) => leak.cache !== null || !owned.has(leak.id));
    const rest = Math.max(0, pages.length - MOST_ROWS) + Math.max(0, objects.length - MOST_ROWS);
    this.replaceChildren(
      pages.length + objects.length === 0
        ? el("p", { class: "sub" }, "Nothing is allocated.")
        : el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of live allocations" }, el("table", {},
          el("thead", {}, el("tr", {}, ["#", "Where", "Call", ""].map((text) =>
            (text ? el("th", { scope: "col" }, text) : el("td", {}))))),
          el("tbody", {}, pages.slice(-MOST_ROWS).map(row), objects.slice(-MOST_ROWS).map(objectRow)))),
      rest > 0 ? el("p", { class: "sub" }, `and ${rest.toLocaleString("en")} older ones`) : "");
    if (focused) (this.querySelector("button") ?? this).focus({ preventScroll: true });
  }
}

function row(page) {
  const range = { pfn: page.pfn, count: 2 ** page.order };
  const isNew = page.allocated_at_step === lab.step;
  return el("tr", {
    class: isNew ? "changed" : null,
    onpointerenter: () => lab.point(range), onpointerleave: () => lab.point(null),
  },
  el("th", { scope: "row" }, String(page.id ?? "–")),
  el("td", {}, el("button", {
    type: "button", class: "link", onclick: () => lab.select(range),
    onfocus: () => lab.point(range), onblur: () => lab.point(null),
  }, frameRange(page.pfn, range.count).replace(/^frames? /, "")), el("span", { class: "sub" }, page.zone)),
  el("td", {}, callCode(page.call)),
  el("td", {}, page.id !== null && !lab.hindrance && el("button", {
    type: "button", "aria-label": `Free #${page.id}`, onclick: () => lab.perform(requests.free(page.id)),
  }, "Free")));
}

/** An object of a cache, what kmalloc took from the page allocator, an area, or a mapping. */
function objectRow(leak) {
  const address = lab.entries.get(leak.step)?.returned ?? null;
  const isMapping = isHighCall(leak.call);
  return el("tr", { class: leak.step === lab.step ? "changed" : null },
    el("th", { scope: "row" }, String(leak.id ?? "–")),
    el("td", {}, leak.cache === null ? (isMapping ? "a mapping" : plural(leak.pages, "page")) : el("button", {
      type: "button", class: "link", onclick: () => lab.openCache(leak.cache, address),
    }, leak.cache), !isMapping && el("span", { class: "sub" }, plural(leak.bytes, "byte"))),
    el("td", {}, callCode(leak.call ?? "")),
    el("td", {}, leak.id !== null && !lab.hindrance && el("button", {
      type: "button", "aria-label": `${isMapping ? "Unmap" : "Free"} #${leak.id}`, onclick: () => lab.perform(freeRequest(leak.id, leak.call, leak.cache)),
    }, isMapping ? "Unmap" : "Free")));
}

customElements.define("live-pages", LivePages);
