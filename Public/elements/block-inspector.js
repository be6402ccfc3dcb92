/**
 * `<block-inspector>`: everything about the block that was chosen, and what one may do with it: free it
 * rightly, free it wrongly, write into it, look at its bytes.
 */
import { callCode, el } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { mappingOf, structPage } from "../high.js";
import { lab } from "../lab.js";
import { blockAt, STATES } from "../model.js";
import { hex } from "../virtual.js";
import { capital, frameRange, plural, sharedWords } from "../words.js";
import { buddyOf } from "./frame-map.js";

const PEEK = 16;

class BlockInspector extends HTMLElement {
  #order = el("input", { id: "wrong-order", type: "number", min: "0", max: "10", value: "3" });
  #drawing = 0;

  connectedCallback() {
    this.tabIndex = -1;
    drawsView(this, () => this.#draw());
    for (const name of ["select", "watch"]) lab.addEventListener(name, () => this.#draw());
  }

  #draw() {
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const block = lab.selected && lab.view ? blockAt(lab.view.blocks, lab.selected.pfn) : null;
    this.#drawing += 1;
    if (!block) {
      this.replaceChildren(el("p", { class: "sub" }, "Choose a block in the map or in a list."));
      return;
    }
    const address = addressOf(block) ?? mappedAt(block);
    const bytes = el("code", { class: "bytes" }, "…");
    this.replaceChildren(
      el("p", { class: "title" },
        el("span", { class: "swatch", "data-state": block.state, "aria-hidden": "true" }),
        el("span", {}, el("strong", {}, frameRange(block.pfn, block.count)), `, ${STATES[block.state].long}`)),
      block.shared ? el("p", { class: "misuse" }, el("strong", {}, capital(sharedWords(block)), ". "), claims(block)) : "",
      facts(block, address, bytes),
      ...(lab.hindrance ? [el("p", { class: "sub" }, lab.hindrance)]
        : this.#actions(block)));
    if (address && !(lab.machine.debug && block.state !== "allocated")) lab.hold(this.#peek(address, bytes, this.#drawing));
    else bytes.textContent = address ? "not mapped" : "no kernel address, so no way to look";
    if (block.zone === "HighMem" && !lab.view.kmap) lab.hold(this.#find(block, lab.view));
    if (focused) (this.querySelector(`[data-act="${focused}"]`) ?? this).focus({ preventScroll: true });
  }

  /** Looks for the mapping of a block in high memory, which may have none. */
  async #find(block, view) {
    try {
      await lab.painted();
      if (view !== lab.view) return;
      await lab.addMappings();
      if (view === lab.view && mappedAt(block)) this.#draw();
    } catch {
      // Without an answer the block is drawn without an address.
    }
  }

  async #peek(address, output, drawing) {
    await lab.painted();
    if (drawing !== this.#drawing) return;
    try {
      const memory = await lab.api.memory(address, PEEK, lab.step);
      if (drawing !== this.#drawing) return;
      output.textContent = `${memory.hex.replace(/../g, "$& ").trim()} …`;
      if (memory.step !== undefined && memory.step !== lab.step) output.append(" (as of now)");
    } catch (error) {
      if (drawing === this.#drawing) output.textContent = error.message;
    }
  }

  #actions(block) {
    if (block.run.kmalloc && block.run.id) {
      return [el("div", { class: "actions" }, el("button", {
        type: "button", class: "primary", "data-act": "free", onclick: () => lab.perform(requests.kfree(block.run.id)),
      }, `Free #${block.run.id}`))];
    }
    if (block.owners.length === 0) return [];
    const [owner] = block.owners;
    const byAddress = owner.address !== null;
    const handle = byAddress ? owner.address : owner.struct_page;
    return [el("div", { class: "actions" },
      block.owners.filter((one) => one.id !== null).map((one, index) => el("button", {
        type: "button", class: "primary", "data-act": index ? null : "free",
        onclick: () => lab.perform(requests.free(one.id)),
      }, `Free #${one.id}`)),
      el("span", { class: "pair" },
        el("button", {
          type: "button", "data-act": "wrong", onclick: () => this.#freeWrongly(byAddress, handle),
        }, "Free with order"),
        el("label", { class: "hidden", for: "wrong-order" }, "Order to free with"), this.#order),
      byAddress && el("button", {
        type: "button", "data-act": "fill",
        onclick: () => lab.perform(requests.call(`memset(${handle}, 0x5c, ${4096 * 2 ** owner.order})`)),
      }, "Fill with 5c"))];
  }

  #freeWrongly(byAddress, handle) {
    const name = byAddress ? "free_pages" : "__free_pages";
    lab.perform(requests.call(`${name}(${handle}, ${Number(this.#order.value)})`));
  }
}

function claims(block) {
  const owners = block.owners.map((owner) => `allocation #${owner.id ?? "?"} of step ${owner.allocated_at_step}`);
  const lists = block.lists.map((entry) => (entry.cpu === null
    ? `the buddy list of order ${entry.order}` : `CPU ${entry.cpu}’s list of order ${entry.order}`));
  return `Claimed by ${[...owners, ...lists].join(" and by ")}.`;
}

/** Where a block of high memory is mapped now; undefined if it is not, or if that was not asked yet. */
const mappedAt = ({ pfn }) => (lab.view.kmap ? mappingOf(lab.view, pfn)?.address : undefined);

/** The kernel's address of a block's first byte; null in high memory. */
function addressOf(block) {
  if (block.zone === "HighMem" || block.state === "absent") return null;
  return hex(BigInt(lab.machine.page_offset) + BigInt(block.pfn) * BigInt(lab.machine.page_size_bytes));
}

function facts(block, address, bytes) {
  const rows = [["Zone", block.zone]];
  if (block.order !== null && !block.shared) rows.push(["Order", `${block.order} = ${plural(2 ** block.order, "frame")}`]);
  if (block.migratetype) rows.push(["Migrate type", block.migratetype]);
  if (block.state === "slab") {
    rows.push(["Cache", el("button", {
      type: "button", class: "link", "data-act": "cache", onclick: () => lab.openCache(block.run.cache),
    }, block.run.cache)]);
  }
  if (block.run.mapped_at) {
    rows.push(["Mapped at", el("button", {
      type: "button", class: "link", "data-act": "area", onclick: () => lab.lookAt(block.run.mapped_at),
    }, block.run.mapped_at)]);
  }
  for (const owner of block.owners) {
    rows.push([`#${owner.id ?? "?"}`, [callCode(owner.call), `, step ${owner.allocated_at_step}`]]);
  }
  const buddy = buddyOf(block);
  if (buddy) rows.push(["Buddy", buddyLink(buddy)]);
  rows.push(["Address", block.zone !== "HighMem" ? address : address ? `${address}, mapped` : "none (high memory)"], ["struct page", structPage(block.pfn, lab.machine)]);
  rows.push(["First bytes", bytes]);
  return el("dl", {}, rows.map(([name, value]) => el("div", { class: value === bytes || name[0] === "#" ? "wide" : null }, el("dt", {}, name), el("dd", {}, value))));
}

function buddyLink(buddy) {
  const other = blockAt(lab.view.blocks, buddy.pfn);
  const state = !other ? "outside the zone"
    : other.state === "free" && other.count < buddy.count ? "only partly free" : STATES[other.state].name;
  return el("button", {
    type: "button", class: "link", "data-act": "buddy",
    onclick: () => lab.select(other ? { pfn: other.pfn, count: other.count } : buddy),
  }, `${frameRange(buddy.pfn, buddy.count)} (${state})`);
}

customElements.define("block-inspector", BlockInspector);
