/**
 * `<page-bytes>`: what is in the first page of the block that was chosen: a strip of 64 parts, and below it all bytes
 * as hexdump writes them, a star for lines like the one before. What the step on show changed is marked.
 */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { blockAt } from "../model.js";
import { PAGE, hex } from "../virtual.js";
import { capital, frameRange, plural } from "../words.js";

const PART = 64;
const LINE = 16;

class PageBytes extends HTMLElement {
  #drawing = 0;

  connectedCallback() {
    for (const name of ["view", "select"]) lab.addEventListener(name, () => this.#draw());
  }

  async #draw() {
    const { view, machine, step } = lab;
    const drawing = this.#drawing += 1;
    const block = lab.selected && view ? blockAt(view.blocks, lab.selected.pfn) : null;
    if (!block) return this.#say("Choose a block to see what is in it.");
    if (block.zone === "HighMem") return this.#say("The kernel has no address for this page, so it cannot look.");
    const address = hex(BigInt(machine.page_offset) + BigInt(block.pfn) * BigInt(PAGE));
    try {
      const [now, old] = await Promise.all([step, Math.max(0, step - 1)].map((one) => lab.api.memory(address, PAGE, one)));
      if (drawing === this.#drawing) this.#show(block.pfn, address, bytesOf(now.hex), bytesOf(old.hex));
    } catch (error) {
      if (drawing === this.#drawing) this.#say(error.message);
    }
  }

  #say(words) {
    this.replaceChildren(el("p", { class: "sub" }, words));
  }

  #show(pfn, address, now, old) {
    const parts = Array.from({ length: PAGE / PART }, (_, index) => {
      const [from, to] = [index * PART, (index + 1) * PART];
      return { filled: now.slice(from, to).some((byte) => byte !== "00"), changed: now.slice(from, to).some((byte, at) => byte !== old[from + at]) };
    });
    const count = (name) => parts.filter((part) => part[name]).length;
    this.replaceChildren(
      el("p", { class: "sub" }, `${capital(frameRange(pfn, 1))}: ${plural(PAGE, "byte")} from ${address} on. `
        + `${plural(now.filter((byte, at) => byte !== old[at]).length, "byte")} changed in this step.`),
      el("div", { class: "page-strip", role: "img", "aria-label": `64 parts of 64 bytes: ${count("filled")} are not all zero, ${count("changed")} changed in this step` },
        parts.map(({ filled, changed }) => el("span", { class: `${filled ? "filled" : ""} ${changed ? "changed" : ""}` }))),
      el("pre", { tabindex: "0", "aria-label": "The bytes of the page" }, dump(now, old)));
  }
}

const bytesOf = (text) => text.match(/../g);

/** Lines of sixteen bytes; equal ones that follow each other are told by a star. */
function dump(now, old) {
  const lines = [];
  let before = null;
  for (let at = 0; at < now.length; at += LINE) {
    const [bytes, past] = [now, old].map((all) => all.slice(at, at + LINE));
    const key = `${bytes} ${past}`;
    if (key !== before) lines.push(`${at.toString(16).padStart(4, "0")}  `, ...bytes.flatMap((byte, index) => [byte === past[index] ? byte : el("mark", {}, byte), " "]), "\n");
    else if (lines.at(-1) !== "*\n") lines.push("*\n");
    before = key;
  }
  return [...lines, now.length.toString(16)];
}

customElements.define("page-bytes", PageBytes);
