/**
 * `<call-panel>`: two ways to call the kernel. The upper form allocates or maps; the lower takes any call as in C, and
 * remembers what was typed (arrow up, down).
 */
import { el, field } from "../dom.js";
import { requests } from "../api.js";
import { lab } from "../lab.js";
import { bytes, plural } from "../words.js";

const TOPICS = { pages: "Pages", slabs: "Bytes and objects", virtual: "Areas", high: "Mappings" };

const FUNCTIONS = [
  ["__get_free_pages", true, "returns an address"],
  ["alloc_pages", true, "returns a struct page"],
  ["__get_free_page", false, "one page, returns an address"],
  ["alloc_page", false, "one page, returns a struct page"],
  ["get_zeroed_page", false, "one page filled with zeros"],
];
const FLAGS = [
  ["GFP_KERNEL", "the usual one, may sleep"],
  ["GFP_ATOMIC", "must not sleep, may use reserves"],
  ["GFP_HIGHUSER", "for user space, high memory first"],
  ["GFP_HIGHUSER_MOVABLE", "the same, and the kernel may move it"],
  ["GFP_DMA", "only from zone DMA"],
];

class CallPanel extends HTMLElement {
  #function = select("function", FUNCTIONS.map(([name, , hint]) => [name, hint]));
  #gfp = select("gfp", FLAGS);
  #order = el("input", { id: "order", type: "number", min: "0", max: "10", value: "2", required: true });
  #size = el("output", { for: "order", class: "sub" });
  #preview = el("code", {});
  #text = el("input", {
    id: "call-text", type: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    placeholder: "free_pages(0x…, 2)", "aria-describedby": "call-error",
  });
  #error = el("p", { id: "call-error", class: "error", role: "alert" });
  #bytes = document.createElement("bytes-form");
  #mapping = document.createElement("mapping-form");
  #pages = el("form", { class: "allocate", onsubmit: (event) => this.#allocate(event), onchange: () => this.#draw(), oninput: () => this.#draw() });
  #reason = el("p", { class: "sub", id: "call-reason", hidden: true });
  #forms = el("fieldset", { "aria-describedby": "call-reason" }, el("legend", { class: "hidden" }, "A call"));
  #topics = Object.entries(TOPICS).map(([topic, name]) => el("button", {
    type: "button", "data-topic-of": topic, "aria-pressed": "false", onclick: () => lab.about(topic),
  }, name));
  #bytesForm = null;
  #mappingForm = null;
  #typed = [];
  #at = 0;

  connectedCallback() {
    this.#pages.append(
      field("Function", this.#function), field("Flags", this.#gfp),
      el("div", { class: "field" }, el("label", { for: "order" }, "Order"),
        el("div", { class: "row" }, this.#order, this.#size)),
      el("button", { type: "submit", class: "primary" }, "Allocate ", this.#preview));
    this.#forms.append(this.#pages, this.#bytes, this.#mapping, el("form", { class: "typed", onsubmit: (event) => this.#run(event) },
      el("label", { for: "call-text" }, "Or type a kernel call"),
      el("div", { class: "row" }, this.#text, el("button", { type: "submit", class: "primary" }, "Run")),
      this.#error));
    this.append(el("div", { class: "topics", role: "group", "aria-label": "Allocate" }, this.#topics), this.#reason, this.#forms);
    this.#text.addEventListener("keydown", (event) => this.#recall(event));
    lab.addEventListener("notice", () => this.#complain());
    lab.addEventListener("topic", () => this.#turn());
    lab.addEventListener("watch", () => this.#enable());
    this.#turn();
    this.#draw();
  }

  /** A spectator makes no calls, and is told so. */
  #enable() {
    this.#forms.disabled = lab.isSpectator;
    this.#reason.textContent = lab.isSpectator ? lab.hindrance : "";
    this.#reason.hidden = !lab.isSpectator;
  }

  /** Shows the form that belongs to the topic; that for pages is there, the others are loaded. */
  #turn() {
    this.#pages.hidden = lab.topic !== "pages";
    this.#bytes.hidden = !["slabs", "virtual"].includes(lab.topic);
    this.#mapping.hidden = lab.topic !== "high";
    if (!this.#bytes.hidden) this.#bytesForm ??= lab.queue(() => import("./bytes-form.js"));
    if (lab.topic === "high") this.#mappingForm ??= lab.queue(() => this.#load());
    for (const button of this.#topics) button.setAttribute("aria-pressed", String(button.dataset.topicOf === lab.topic));
  }

  async #load() {
    await Promise.all([import("./mapping-form.js"), lab.view && lab.addMappings()]);
    if (lab.view) this.#mapping.fill();
  }

  #draw() {
    const takesOrder = FUNCTIONS.find(([name]) => name === this.#function.value)[1];
    this.#order.disabled = !takesOrder;
    const order = takesOrder ? Number(this.#order.value) : 0;
    this.#size.textContent = order > 10
      ? "too large for the allocator" : `= ${plural(2 ** order, "frame")}, ${bytes(4096 * 2 ** order)}`;
    this.#preview.textContent = `${this.#function.value}(${this.#gfp.value}${takesOrder ? `, ${order}` : ""})`;
  }

  #allocate(event) {
    event.preventDefault();
    const order = this.#order.disabled ? null : Number(this.#order.value);
    lab.perform(requests.allocate(this.#function.value, this.#gfp.value, order));
  }

  async #run(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (!text) return;
    this.#typed.push(text);
    this.#at = this.#typed.length;
    const answer = await lab.perform(requests.call(text));
    if (answer) this.#text.value = "";
  }

  #recall(event) {
    const direction = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!direction || !this.#typed.length) return;
    event.preventDefault();
    this.#at = Math.max(0, Math.min(this.#typed.length, this.#at + direction));
    this.#text.value = this.#typed[this.#at] ?? "";
  }

  /** Shows why a call was refused, and offers what it may have meant. */
  #complain() {
    const notice = lab.notice?.kind === "error" ? lab.notice : null;
    this.#error.replaceChildren(...(notice ? [notice.text, " "] : []), ...(notice?.suggestions ?? []).map((word) =>
      el("button", { type: "button", class: "quiet", onclick: () => this.#correct(word) }, `Use ${word}`)));
  }

  #correct(word) {
    const unknown = /^_*get_\w+|^\w+/;
    this.#text.value = word.startsWith("GFP_") || word.startsWith("__GFP_")
      ? this.#text.value.replace(/(__)?GFP_\w+/, word) : this.#text.value.replace(unknown, word);
    this.#text.focus();
    lab.notify(null);
  }
}

function select(id, options) {
  return el("select", { id }, options.map(([value, hint]) => el("option", { value, title: hint }, value)));
}

customElements.define("call-panel", CallPanel);
