/**
 * `<object-inspector>`: the object that was chosen, and what one may do with it: free it, free it again, write
 * past its end.
 */
import { el } from "../dom.js";
import { requests } from "../api.js";
import { isHighCall } from "../high.js";
import { lab } from "../lab.js";
import { OBJECT_STATES } from "../slabs.js";
import { isVirtualCall } from "../virtual.js";
import { exactBytes, objectOnShow, slabRange } from "../slab-words.js";

const PEEK = 16;
const KMALLOC = /^(k[mzc]alloc|kmalloc_array|krealloc)\(/;

class ObjectInspector extends HTMLElement {
  #drawing = 0;

  draw() {
    const act = this.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const found = objectOnShow(lab.cache, lab.object);
    this.#drawing += 1;
    if (!found) {
      this.replaceChildren(el("p", { class: "sub" }, "Choose an object to see who has it, and to free it, rightly or wrongly."));
      return;
    }
    const { slab, cell } = found;
    const more = el("dl", {});
    const peek = el("code", { class: "bytes" }, "…");
    this.replaceChildren(
      el("p", { class: "title" },
        el("span", { class: "swatch object", "data-object": cell.state, "aria-hidden": "true" }),
        el("span", {}, el("strong", {}, `Object ${cell.index}`), ` of the slab at ${slabRange(slab)}, ${OBJECT_STATES[cell.state]}`)),
      el("dl", {}, rows([
        ["Address", cell.address],
        ...cell.owners.map((owner) => [`#${owner.id ?? "–"}`, `${exactBytes(owner.bytes_req)} asked for, ${
          owner.bytes_alloc} allocated, step ${owner.allocated_at_step}`]),
        ...cell.waits.map((one) => ["Waits", `number ${one.place + 1} on ${one.list}`]),
        ["First bytes", peek],
      ])), more,
      lab.hindrance ? el("p", { class: "sub" }, lab.hindrance) : actions(cell));
    lab.hold(this.#ask(cell, more, peek, this.#drawing));
    if (act) (this.querySelector(`[data-act="${act}"]`) ?? this.closest("slab-view")).focus({ preventScroll: true });
  }

  /** What only the server knows: when the object was freed, and its bytes. */
  async #ask(cell, more, peek, drawing) {
    await lab.painted();
    if (drawing !== this.#drawing) return;
    try {
      const [place, memory] = await Promise.all([
        lab.api.place(cell.address, lab.step), lab.api.memory(cell.address, PEEK, lab.step),
      ]);
      if (drawing !== this.#drawing) return;
      peek.textContent = `${memory.hex.replace(/../g, "$& ").trim()}`;
      const freed = place.object?.freed_at_step;
      if (freed) more.replaceChildren(...rows([["Freed", `at step ${freed}`]]));
    } catch (error) {
      if (drawing === this.#drawing) peek.textContent = error.message;
    }
  }
}

const rows = (all) => all.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));

/** The request that frees an owner's object with the function that belongs to the one that allocated it. */
export function freeRequest(id, call, cache) {
  if (isVirtualCall(call)) return requests.vfree(id);
  if (isHighCall(call)) return call.startsWith("kmap(") ? requests.kunmap(id) : requests.unmapAtomic(id);
  return KMALLOC.test(call ?? "") ? requests.kfree(id) : requests.freeObject(cache, id);
}

function actions(cell) {
  const act = (name, text, request, kind = null) => el("button", {
    type: "button", class: kind, "data-act": name, onclick: () => lab.perform(request),
  }, text);
  const size = lab.cache.detail.object_size;
  const owners = cell.owners.filter((owner) => owner.id !== null);
  return el("div", { class: "actions" },
    owners.map((owner) => act("free", `Free #${owner.id}`, freeRequest(owner.id, owner.call, lab.cache.name), "primary")),
    act("kfree", owners.length ? "kfree its address" : "kfree it again", requests.call(`kfree(${cell.address})`)),
    act("fill", "Fill with 5c", requests.call(`memset(${cell.address}, 0x5c, ${size})`)),
    act("past", "Write 8 bytes too many", requests.call(`memset(${cell.address}, 0x5c, ${size + 8})`)));
}

customElements.define("object-inspector", ObjectInspector);
