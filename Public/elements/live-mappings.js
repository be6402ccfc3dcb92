/** `<live-mappings>`: every mapping that nobody gave up, and the bytes behind an address, to read and to write. */
import { callCode, el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { liveMappings, poolSlots, temporarySlots } from "../high.js";
import { lab } from "../lab.js";
import { pointing } from "../linking.js";
import { frameRange } from "../words.js";

const PEEK = 16;
const MOST_ROWS = 40;
const UNDO = { kmap: "kunmap", kmap_atomic: "kunmap_atomic", kmap_local_page: "kunmap_local" };

class LiveMappings extends HTMLElement {
  #list = el("ul", { class: "mapping-list" });
  #address = el("input", { id: "through-address", type: "text", spellcheck: "false", autocomplete: "off", required: true, pattern: "0x[0-9a-fA-F]{1,16}" });
  #byte = el("input", { id: "through-byte", type: "text", value: "5c", required: true, pattern: "[0-9a-fA-F]{1,2}" });
  #bytes = el("output", { class: "bytes", for: "through-address" });
  #slots = [];
  #drawing = 0;

  connectedCallback() {
    this.tabIndex = -1;
    this.append(this.#list, el("form", { onsubmit: (event) => event.preventDefault(), onchange: () => this.#peek() },
      el("div", { class: "row" }, el("label", { for: "through-address" }, "Through"), this.#address),
      el("p", {}, el("span", { class: "sub" }, "one sees "), this.#bytes),
      el("div", { class: "actions" },
        this.#button("load", () => `load(${this.#address.value}, 4)`, "Read ", el("code", {}, "load()")),
        this.#button("fill", () => `memset(${this.#address.value}, 0x${this.#byte.value}, ${PEEK})`, `Fill ${PEEK} bytes with`),
        el("label", { class: "hidden", for: "through-byte" }, "Byte, in hexadecimal"), this.#byte)));
    pointing(this);
    lab.drawMappings();
    drawsView(this, () => redraw(this, () => this.#draw()));
  }

  #button(key, text, ...words) {
    return el("button", {
      type: "button", "data-key": key, onclick: () => this.querySelector("form").reportValidity() && lab.perform(requests.call(text()), "high"),
    }, words);
  }

  #draw() {
    const all = liveMappings(lab.view);
    this.#slots = temporarySlots(lab.view);
    const newest = all[all.length - 1];
    this.#list.replaceChildren(...(newest ? all.slice(-MOST_ROWS).map((mapping) => this.#row(mapping)) : [el("li", { class: "sub" }, "Nothing is mapped.")]));
    if (newest && (newest.id === lab.step || !this.#address.value)) this.#address.value = newest.address;
    this.#peek();
  }

  #row({ id, function: name, type, pfn, zone, address, cpu }) {
    const now = this.#slots.find((slot) => slot.address === address)?.pfn ?? pfn;
    return el("li", { "data-pfn": pfn, "data-count": 1 },
      el("span", {}, el("b", {}, `#${id} `), callCode(type === null ? name : `${name}(${type})`)),
      el("span", {}, el("button", {
        type: "button", class: "link", "data-key": `through ${id}`, title: "Read and write through it", onclick: () => this.#look(address),
      }, address), el("span", { class: "sub" }, ` ${frameRange(pfn, 1)}, ${zone}${cpu === undefined ? "" : `, CPU ${cpu} only`}${now === pfn ? "" : `; now it leads to frame ${now}`}`)),
      !lab.hindrance && el("button", {
        type: "button", "data-key": `undo ${id}`, "aria-label": `${UNDO[name]} #${id}`,
        onclick: () => lab.perform(name === "kmap" ? requests.kunmap(id) : requests.unmapAtomic(id), "high"),
      }, el("code", {}, UNDO[name])));
  }

  #look(address) {
    this.#address.value = address;
    lab.lookAt(address);
    this.#peek();
  }

  /** Whether the address is in a slot that leads to no frame, so that one need not ask. */
  #isEmptySlot(address) {
    const page = address.toLowerCase().replace(/[0-9a-f]{3}$/, "000");
    return [...poolSlots(lab.view.kmap), ...this.#slots].some((slot) => slot.address === page && slot.pfn === null);
  }

  /** The bytes behind the address at the step on show; looking changes nothing. */
  async #peek() {
    this.#drawing += 1;
    const drawing = this.#drawing;
    let text = "–";
    if (this.#isEmptySlot(this.#address.value)) {
      text = "nothing is mapped there";
    } else if (this.#address.checkValidity()) {
      text = await lab.api.memory(this.#address.value, PEEK, lab.step).then(({ hex }) => hex.replace(/../g, "$& ").trim(), (error) => error.message);
    }
    if (drawing === this.#drawing) this.#bytes.textContent = text;
  }
}

customElements.define("live-mappings", LiveMappings);
