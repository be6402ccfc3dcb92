/**
 * `<page-walk>`: one address, the bits of it that each level of the page tables looks at, the entry that they
 * select there, and where it leads or ends.
 */
import { el, redraw } from "../dom.js";
import { drawsView } from "../drawing.js";
import { lab } from "../lab.js";
import { fieldsOf, FLAGS, LEVELS } from "../virtual.js";
import { bytes, frameRange } from "../words.js";
import { rove } from "../roving.js";

const HINT = "Point at a flag to read what it means.";

class PageWalk extends HTMLElement {
  #address = el("input", {
    id: "walk-address", type: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-describedby": "walk-error",
  });
  #error = el("p", { id: "walk-error", class: "error", role: "alert" });
  #examples = el("div", { class: "actions" });
  #walk = el("div", { class: "walk-body" });
  #drawing = 0;

  connectedCallback() {
    this.append(
      el("form", { class: "row", onsubmit: (event) => this.#look(event) },
        el("label", { for: "walk-address" }, "Address"), this.#address, el("button", { type: "submit" }, "Look up")),
      this.#error, this.#examples, this.#walk);
    rove(this.#walk, ".flag");
    for (const name of ["pointerover", "focusin"]) this.#walk.addEventListener(name, (event) => this.#explain(event.target));
    drawsView(this, () => lab.hold(this.#draw()));
    for (const name of ["area", "address"]) lab.addEventListener(name, () => lab.hold(this.#draw()));
  }

  #look(event) {
    event.preventDefault();
    const text = this.#address.value.trim().toLowerCase().replace(/^0x/, "");
    const isAddress = /^[0-9a-f]{1,16}$/.test(text) && BigInt(`0x${text}`) < 1n << BigInt(width());
    this.#error.textContent = isAddress ? "" : `An address has up to ${width() / 4} hexadecimal digits.`;
    if (isAddress) lab.lookAt(`0x${text}`);
  }

  #explain(target) {
    const output = this.#walk.querySelector(".flag-words");
    const flag = target.closest(".flag");
    if (output && flag) output.textContent = `${flag.dataset.flag}: ${FLAGS[flag.dataset.flag]}`;
  }

  async #draw() {
    if (!lab.view) return;
    const { machine, area, view } = lab;
    const newest = view.pages.filter((page) => page.address !== null).pop();
    const address = lab.address ?? area?.address ?? newest?.address ?? machine.page_offset;
    this.#drawing += 1;
    const drawing = this.#drawing;
    redraw(this.#examples, () => this.#examples.replaceChildren(...[
      ["the area", area?.address], ["its guard page", area?.guard_page], ["the newest block", newest?.address], ["address 0", "0x0"],
    ].filter(([, at]) => at).map(([words, at]) => el("button", { type: "button", class: "quiet", "data-key": words, onclick: () => lab.lookAt(at) }, words))));
    try {
      const walk = await lab.walk(address);
      if (drawing !== this.#drawing) return;
      if (document.activeElement !== this.#address) this.#address.value = address;
      this.#error.textContent = "";
      redraw(this.#walk, () => this.#walk.replaceChildren(...parts(walk)));
      const flag = this.#walk.querySelector(".flag");
      if (flag) flag.tabIndex = 0;
    } catch (error) {
      if (drawing === this.#drawing) this.#error.textContent = error.message;
    }
  }
}

/** Bits of an address. */
const width = () => (lab.machine.architecture === "x86_64" ? 64 : 32);

function parts(walk) {
  return [
    el("ol", { class: "fields", "aria-label": `Bits of ${walk.address}` }, fieldsOf(walk, width()).map(field)),
    el("ol", { class: "levels", "aria-label": "Tables on the way" }, walk.walk.map(level), walk.target ? target(walk) : fault(walk)),
    walk.walk.some((step) => step.flags.length) ? el("p", { class: "flag-words sub", "aria-hidden": "true" }, HINT) : "",
    el("p", {}, remembered(walk)),
    el("details", {}, el("summary", {}, "As crash’s vtop tells it"), el("pre", { tabindex: "0", "aria-label": "vtop" }, walk.text.join("\n"))),
  ];
}

const ROLES = { sign: "must be alike", none: "the upper bits are not alike", offset: "which byte", rest: "not looked at" };

function field({ role, level: number, high, low, bits, name, index }) {
  return el("li", { "data-role": role, "data-colour": number ?? null },
    el("code", {}, bits.match(/.{1,4}(?=(.{4})*$)/g).flatMap((four, place) => (place ? [el("wbr"), four] : [four]))),
    el("span", { class: "sub" }, `${high === low ? `bit ${low}` : `bits ${high}–${low}`}: `, el("b", {}, role === "index" ? `${name} ${index}` : ROLES[role])));
}

function level({ level: name, bits, index, table_pfn: table, entry, flags, entry_address: place }, number) {
  const strip = el("span", { class: "table", "aria-hidden": "true" }, el("span", {}));
  strip.firstChild.style.setProperty("top", `${(100 * index) / 2 ** bits}%`);
  return el("li", { class: "level", "data-colour": number },
    strip,
    el("div", {},
      el("h4", {}, name, el("span", { class: "sub" }, ` ${LEVELS[name]}`)),
      el("p", { class: "sub" }, "in ", el("button", {
        type: "button", class: "link", "data-key": `table ${number}`, onclick: () => lab.select({ pfn: table, count: 1 }),
      }, frameRange(table, 1)), `, entry ${index} of ${(2 ** bits).toLocaleString("en")}`),
      el("p", {}, el("code", { class: "entry", title: `at physical address ${place}` }, entry)),
      el("div", { class: "flags", role: "group", "aria-label": `Flags of the ${name}` }, flags.length ? flags.map((flag) => el("button", {
        type: "button", tabindex: "-1", class: "flag", "data-flag": flag, "data-key": `${number} ${flag}`, title: FLAGS[flag], "aria-label": `${flag}: ${FLAGS[flag]}`,
      }, flag)) : el("span", { class: "sub" }, "no flags"))));
}

function target({ target: { pfn, page_size_bytes: size, physical_address: physical, writable, zone } }) {
  const count = size / 4096;
  return el("li", { class: "level end" }, el("div", {},
    el("h4", {}, count > 1 ? `A page of ${bytes(size)}` : "The frame"),
    el("p", {}, el("button", {
      type: "button", class: "link", "data-key": "frame", onclick: () => lab.select({ pfn, count: 1 }),
    }, frameRange(pfn, 1)), zone && `, zone ${zone}`),
    el("p", { class: "sub" }, "physical address ", el("code", {}, physical)),
    el("p", { class: "sub" }, writable ? "to read and write" : "only to read")));
}

function fault({ fault: { level: where, oops } }) {
  return el("li", { class: "level end fault" }, el("div", {},
    el("h4", {}, "Here the CPU faults"),
    el("p", { class: "sub" }, where === null ? "This is no address at all." : `The ${LEVELS[where]} entry has no P: nothing is mapped.`),
    el("p", {}, el("code", {}, oops))));
}

function remembered({ tlb, walk, target: end }) {
  if (tlb.stale) return `The TLB still remembers frame ${tlb.pfn} for it: until it is flushed, the CPU does not notice.`;
  if (tlb.hit) return "In the TLB now: the CPU would not read the tables at all.";
  return end ? `Not in the TLB now: the CPU would read ${walk.length === 1 ? "1 entry" : `${walk.length} entries`} first.` : "";
}

customElements.define("page-walk", PageWalk);
