/**
 * `<slab-view>`: the caches with where their bytes are, and the opened one with its slabs and the object that
 * was chosen.
 */
import { el } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { lab } from "../lab.js";
import { isInUse, shares, sumOf } from "../slabs.js";
import { exactBytes, wasteWords } from "../slab-words.js";
import { bytes, plural } from "../words.js";
import { LEGEND } from "./slab-strips.js";
import "./object-inspector.js";

class SlabView extends HTMLElement {
  #isAll = false;
  #sum = el("p", { class: "sub" });
  #rows = el("tbody", {});
  /** Stays as it is, so that the table stays where it was scrolled to. */
  #table = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of caches" }, el("table", {},
    el("caption", { class: "hidden" }, "Slab caches"),
    el("thead", {}, el("tr", {}, ["Cache", "Object", "Slabs", "In use", "Bytes of the slabs"].map((text) => el("th", { scope: "col" }, text)))),
    this.#rows));
  #list = el("div", { class: "cache-list" }, this.#sum, this.#table);
  #title = el("div", { class: "cache-title" });
  #strips = document.createElement("slab-strips");
  #object = document.createElement("object-inspector");
  #opened = el("div", { class: "opened" }, this.#title, this.#strips, legend(), this.#object);
  #switch = el("button", {
    type: "button", class: "quiet", "aria-pressed": "false", onclick: () => {
      this.#isAll = !this.#isAll;
      this.#draw();
    },
  });

  connectedCallback() {
    this.tabIndex = -1;
    this.append(el("div", {}, this.#list, this.#switch), this.#opened);
    drawsView(this, () => this.#draw());
    for (const name of ["cache", "watch"]) lab.addEventListener(name, () => this.#draw());
  }

  #draw() {
    if (!lab.view) return;
    const { cache, view: { caches } } = lab;
    const idle = caches.filter((one) => !isInUse(one) && one.name !== cache?.name).length;
    const shown = caches.filter((one) => this.#isAll || isInUse(one) || one.name === cache?.name);
    this.#drawList(shown, caches);
    this.#switch.textContent = this.#isAll ? "Only the caches in use" : `Show the ${plural(idle, "idle cache")} too`;
    this.#switch.setAttribute("aria-pressed", String(this.#isAll));
    this.#switch.hidden = idle === 0;
    this.#opened.hidden = !cache;
    if (!cache) return;
    const act = this.#title.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    this.#title.replaceChildren(...title(cache));
    if (act) (this.#title.querySelector(`[data-act="${act}"]`) ?? this).focus({ preventScroll: true });
    this.#strips.draw();
    this.#object.draw();
  }

  #drawList(shown, all) {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.cache : null;
    this.#sum.textContent = shown.some(isInUse) ? `${wasteWords(shares(sumOf(all)))}.` : "No cache has a slab yet: the first object brings one.";
    this.#table.hidden = shown.length === 0;
    this.#rows.replaceChildren(...shown.map(row));
    if (focused) [...this.#list.querySelectorAll("[data-cache]")].find((one) => one.dataset.cache === focused)?.focus({ preventScroll: true });
  }
}

function row(cache) {
  const was = lab.before?.caches.find((one) => one.name === cache.name);
  const changed = lab.before && JSON.stringify(was) !== JSON.stringify(cache);
  const isOpen = cache.name === lab.cache?.name;
  return el("tr", { class: `${isInUse(cache) ? "" : "idle"} ${changed ? "changed" : ""} ${isOpen ? "open" : ""}` },
    el("th", { scope: "row" }, el("button", {
      type: "button", class: "link", "data-cache": cache.name, "aria-pressed": String(isOpen), onclick: () => lab.openCache(cache.name),
    }, cache.name)),
    el("td", { class: "number" }, String(cache.object_size)),
    el("td", { class: "number" }, String(cache.nr_slabs)),
    el("td", { class: "number" }, `${cache.live_objects} / ${cache.total_objects}`),
    el("td", {}, bar(shares(cache))));
}

/** The bytes of a cache's slabs as a bar; its text says the part that matters. */
function bar(parts) {
  if (parts.total === 0) return "";
  const pieces = ["asked", "rounding", "free", "tail"].map((name) => {
    const piece = el("span", { class: `part ${name}` });
    piece.style.setProperty("flex-grow", String(parts[name]));
    return piece;
  });
  return el("div", { class: "bytes-bar", title: wasteWords(parts) },
    el("div", { class: "bar", "aria-hidden": "true" }, pieces),
    el("span", { class: "sub" }, parts.rounding ? `${bytes(parts.asked)} asked, ${parts.rounding.toLocaleString("en")} lost` : `${bytes(parts.asked)} asked`));
}

function title({ detail }) {
  const added = detail.size - detail.object_size;
  const facts = [
    `${exactBytes(detail.object_size)} an object${added ? ` + ${added} added` : ""}`,
    `${plural(detail.objects_per_slab, "object")} to a slab of ${plural(2 ** detail.order, "page")}`,
    detail.flags.join(", "),
    detail.aliases.length ? `also named ${detail.aliases.join(", ")}` : "",
  ].filter(Boolean);
  return [
    el("h3", {}, detail.name, el("span", { class: "sub" }, facts.join(" · "))),
    el("p", { class: "sub" }, `${wasteWords(shares(detail))}.`),
    lab.hindrance ? "" : el("div", { class: "actions" },
      action("allocate", "Allocate an object", requests.allocateObject(detail.name, "GFP_KERNEL")),
      action("shrink", "Shrink", requests.shrinkCache(detail.name)),
      detail.name.includes("kmalloc") ? null : action("destroy", "Destroy", requests.destroyCache(detail.name))),
  ];
}

function action(name, text, request) {
  return el("button", { type: "button", "data-act": name, onclick: () => lab.perform(request) }, text);
}

function legend() {
  return el("ul", { class: "legend", "aria-label": "Legend of the slabs" }, LEGEND.map(([state, sign, words]) => {
    const [object, extra = ""] = state.split(" ");
    return el("li", {}, el("span", { class: `swatch object ${extra}`, "data-object": object }, sign), ` ${words}`);
  }));
}

customElements.define("slab-view", SlabView);
