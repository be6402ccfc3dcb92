/** `<bytes-form>`: kmalloc and vmalloc with menus, with a preview of what rounding will cost, and making a cache. */
import { el, field } from "../dom.js";
import { requests } from "../api.js";
import { lab } from "../lab.js";
import { kmallocCache } from "../slabs.js";
import { exactBytes } from "../slab-words.js";
import { plural } from "../words.js";

const LARGEST_OBJECT = 8192;
const PAGE = 4096;

class BytesForm extends HTMLElement {
  #function = select("bytes-function", ["kmalloc", "kzalloc", "vmalloc", "vzalloc"]);
  #gfp = select("bytes-gfp", ["GFP_KERNEL", "GFP_ATOMIC", "GFP_DMA"]);
  #size = el("input", { id: "bytes-size", type: "number", min: "0", max: "1073741824", value: "50", required: true });
  #rounding = el("output", { for: "bytes-size bytes-gfp", class: "sub" });
  #preview = el("code", {});
  #name = el("input", { id: "cache-name", type: "text", value: "my_struct", required: true, spellcheck: "false", autocomplete: "off", maxlength: "60" });
  #objectSize = el("input", { id: "cache-size", type: "number", min: "1", max: "65536", value: "1000", required: true });
  #aligned = el("input", { id: "cache-aligned", type: "checkbox" });

  connectedCallback() {
    this.append(
      el("form", { class: "kmalloc", onsubmit: (event) => this.#allocate(event), oninput: () => this.#draw(), onchange: () => this.#draw() },
        field("Function", this.#function), field("Flags", this.#gfp), field("Bytes", this.#size),
        this.#rounding,
        el("button", { type: "submit", class: "primary" }, "Allocate ", this.#preview)),
      el("details", {}, el("summary", {}, "Make a cache of your own"),
        el("form", { class: "create", onsubmit: (event) => this.#create(event) },
          field("Name", this.#name), field("Bytes", this.#objectSize),
          el("div", { class: "row" }, this.#aligned, el("label", { for: "cache-aligned" }, "start objects at cache lines")),
          el("button", { type: "submit", class: "primary" }, el("code", {}, "kmem_cache_create()")))));
    lab.addEventListener("view", () => this.#draw());
    lab.addEventListener("topic", () => this.#turn());
    this.#turn();
    this.#draw();
  }

  get #isArea() {
    return this.#function.value[0] === "v";
  }

  /** Offers the function that belongs to the topic, with a size for which it is meant. */
  #turn() {
    const wanted = { slabs: "kmalloc", virtual: "vmalloc" }[lab.topic];
    if (!wanted || this.#isArea === (wanted === "vmalloc")) return;
    this.#function.value = wanted;
    this.#size.value = wanted === "vmalloc" ? "65536" : "50";
    this.#draw();
  }

  #draw() {
    const size = Number(this.#size.value);
    this.#gfp.disabled = this.#isArea;
    this.#preview.textContent = `${this.#function.value}(${this.#size.value}${this.#isArea ? "" : `, ${this.#gfp.value}`})`;
    this.#rounding.textContent = this.#isArea ? span(size) : lab.view ? rounding(size, this.#gfp.value === "GFP_DMA") : "";
  }

  #allocate(event) {
    event.preventDefault();
    const [name, size] = [this.#function.value, Number(this.#size.value)];
    lab.perform(this.#isArea ? requests.vmalloc(name, size) : requests.kmalloc(name, size, this.#gfp.value));
  }

  #create(event) {
    event.preventDefault();
    lab.perform(requests.createCache(this.#name.value, Number(this.#objectSize.value), this.#aligned.checked ? "SLAB_HWCACHE_ALIGN" : 0));
  }
}

/** What kmalloc will make of a size. */
function rounding(size, isDMA) {
  if (size === 0) return "no bytes: not NULL, but ZERO_SIZE_PTR";
  const cache = size <= LARGEST_OBJECT ? kmallocCache(lab.view.caches, size, isDMA) : null;
  const given = cache?.object_size ?? PAGE * 2 ** Math.ceil(Math.log2(size / PAGE));
  const lost = given - size;
  const where = cache ? `an object of ${cache.name}` : `whole pages, ${exactBytes(given)}`;
  return `${where}: ${lost ? `${exactBytes(lost)} lost to rounding` : "nothing lost"}`;
}

/** What vmalloc will take for a size. */
function span(size) {
  const pages = Math.ceil(size / PAGE);
  return `${plural(pages, "frame")} from anywhere, addresses for ${plural(pages + 1, "page")} with the guard page`;
}

function select(id, options) {
  return el("select", { id }, options.map((value) => el("option", { value }, value)));
}

customElements.define("bytes-form", BytesForm);
