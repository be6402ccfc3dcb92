/** `<mapping-form>`: a page that is held gets an address: kmap, kmap_atomic in both forms, kmap_local_page. */
import { el, field } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { structPage } from "../high.js";
import { lab } from "../lab.js";
import { frameRange } from "../words.js";

const FUNCTIONS = ["kmap", "kmap_atomic", "kmap_local_page"];
const MOST_PAGES = 200;

class MappingForm extends HTMLElement {
  #function = el("select", { id: "map-function" }, FUNCTIONS.map((name) => el("option", {}, name)));
  #type = el("select", { id: "map-type" }, el("option", { value: "" }, "none, as in 6.1"));
  #page = el("select", { id: "map-page", required: true });
  #index = el("input", { id: "map-index", type: "number", min: "0", value: "0", required: true });
  #preview = el("code", {});

  connectedCallback() {
    this.append(el("form", { onsubmit: (event) => this.#map(event), oninput: () => this.#draw(), onchange: () => this.#draw() },
      field("Function", this.#function), field("Type", this.#type), field("Block", this.#page), field("Its page", this.#index),
      el("button", { type: "submit", class: "primary" }, "Map ", this.#preview)));
    lab.drawMappings();
    drawsView(this, () => this.fill());
  }

  /** Offers the blocks that are held now, and the types that there are; a new block is chosen. */
  fill() {
    const pages = lab.view.pages.filter((page) => page.id !== null).slice(-MOST_PAGES);
    const types = lab.view.temporary.cpus[0].slots.filter((slot) => slot.type !== null).map((slot) => el("option", {}, slot.type));
    const { value } = this.#page;
    if (this.#type.options.length !== types.length + 1) this.#type.replaceChildren(this.#type.options[0], ...types);
    this.#page.replaceChildren(...pages.map((page) => el("option", { value: page.id }, `#${page.id}: ${frameRange(page.pfn, 2 ** page.order)}, ${page.zone}`)));
    const made = pages.find((page) => page.id === lab.step);
    this.#page.value = made?.id ?? value;
    if (this.#page.selectedIndex < 0) this.#page.selectedIndex = pages.length - 1;
    this.#draw();
  }

  get #block() {
    return lab.view.pages.find((page) => String(page.id) === this.#page.value);
  }

  /** The type of 2.6's form; null for that of 6.1. */
  get #older() {
    return this.#function.value === "kmap_atomic" && this.#type.value ? this.#type.value : null;
  }

  #draw() {
    const block = this.#block;
    this.#type.disabled = this.#function.value !== "kmap_atomic";
    this.#index.max = String(block ? 2 ** block.order - 1 : 0);
    const page = block ? structPage(block.pfn + Number(this.#index.value), lab.machine) : "page";
    this.#preview.textContent = `${this.#function.value}(${page}${this.#older ? `, ${this.#older}` : ""})`;
  }

  #map(event) {
    event.preventDefault();
    const [id, index, name] = [this.#block.id, Number(this.#index.value), this.#function.value];
    lab.perform(name === "kmap" ? requests.kmap(id, index) : requests.mapAtomically(name, id, index, this.#older));
  }
}

customElements.define("mapping-form", MappingForm);
