/**
 * What the page says in plain words about caches, slabs and objects. Like words.js, every sentence is read off
 * the snapshots before and after a step.
 */
import { cellAt, OBJECT_STATES, slabsOf } from "./slabs.js";
import { bytes, frameRange, plural } from "./words.js";

export const slabRange = (slab) => frameRange(slab.pfn, 2 ** slab.order);
export const exactBytes = (count) => plural(count, "byte");

/** One line about an object, for its label and its tooltip. */
export function cellLabel(cell, slab) {
  const parts = [`Object ${cell.index} of the slab at ${frameRange(slab.pfn, 1)}: ${OBJECT_STATES[cell.state]}`];
  for (const owner of cell.owners) if (owner.id) parts.push(`#${owner.id}, ${exactBytes(owner.bytes_req)} asked for`);
  for (const one of cell.waits) parts.push(one.place === 0 ? `next on ${one.list}` : `number ${one.place + 1} on ${one.list}`);
  return parts.join(", ");
}

/** Where the bytes of a cache's slabs are. */
export function wasteWords({ asked, rounding, free, tail, total }) {
  return `${bytes(total)} of slabs: ${exactBytes(asked)} asked for, ${exactBytes(rounding)} lost to rounding, `
    + `${exactBytes(free)} in free objects, ${exactBytes(tail)} at the ends of slabs`;
}

/** What a call of the slab allocator did, in sentences; null if there is nothing to say here. */
export function slabStory(entry, { answer, cache, cacheBefore }) {
  const name = entry.call.split("(")[0];
  const now = cache && slabsOf(cache);
  const before = cacheBefore ? slabsOf(cacheBefore) : new Map();
  const object = answer?.object ?? cache?.objects.find((one) => one.allocated_at_step === entry.step) ?? null;
  if (/^kfree\((NULL|0|0x0|0x10)\)/.test(entry.call)) return ["There is nothing to free at this address, and the kernel knows it: that is safe."];
  if (/^kfree|^kmem_cache_free/.test(name)) return freed(cache, cacheBefore, now, before);
  if (name === "kmem_cache_create") return created(entry, answer?.cache ?? cache?.detail);
  if (name === "kmem_cache_shrink") return shrunk(now, before);
  if (name === "kmem_cache_destroy") return ["A cache can only go when none of its objects is in use; then its slabs go back to the page allocator."];
  if (name === "ksize") return ["The size of the object, as rounded up: all of it may be used."];
  if (entry.returned === "NULL") return null;
  if (entry.returned === "0x10") {
    return ["No bytes were asked for. The answer is not NULL but ZERO_SIZE_PTR, an address that nothing may be read from or "
      + "written to. kfree() of it is safe."];
  }
  if (!object) return null;
  if (object.cache === null) {
    const lost = object.bytes_alloc - object.bytes_req;
    return [`More than 8,192 bytes: no cache is that large, so the page allocator gave ${frameRange(object.pfn, 2 ** object.order)}, `
      + `${exactBytes(object.bytes_alloc)}. ${lost ? `${exactBytes(lost)} of them were not asked for.` : ""}`.trim()];
  }
  return [rounded(object), ...(cache?.name === object.cache ? whence(object, cacheBefore, now, before) : [])];
}

function rounded(object) {
  const lost = object.bytes_alloc - object.bytes_req;
  return `Object ${object.index} of the slab at ${frameRange(object.pfn, 1)}, cache ${object.cache}: ${exactBytes(object.bytes_req)} asked for, ${
    exactBytes(object.bytes_alloc)} allocated${lost ? `, ${exactBytes(lost)} lost to rounding.` : ". Nothing is lost to rounding."}`;
}

function whence(object, cacheBefore, now, before) {
  const slab = now.get(object.pfn);
  if (!slab) return [];
  const old = before.get(object.pfn);
  if (!old) {
    return [`No slab at hand had a free object, so the page allocator gave ${plural(2 ** slab.order, "frame")} for a new slab of ${
      plural(slab.objects, "object")}.`];
  }
  const wait = old.cells[object.index]?.waits[0];
  if (cacheBefore?.detail.slab) return wait ? [`It was number ${wait.place + 1} on ${wait.list}.`] : [];
  if (old.own && wait?.place === 0 && wait.cpu === old.own.cpu) {
    return [`It was the first of CPU ${wait.cpu}’s own free list: no lock and no search. That is the fast path.`];
  }
  const from = { cpu: "was the CPU’s own already; it took over what had been freed into the slab", cpu_partial: "came from the CPU’s partial list",
    partial: "came from the node’s partial list", full: "was full until then" }[old.list];
  return from ? [`The CPU’s free list was empty. The slab ${from}.`] : [];
}

function freed(cache, cacheBefore, now, before) {
  if (!cache) return null;
  const gone = [];
  for (const old of before.values()) {
    const slab = now.get(old.pfn);
    for (const cell of old.cells) {
      const here = slab?.cells[cell.index];
      if (cell.owners.length && (!slab || here.owners.length < cell.owners.length)) gone.push({ old, slab, cell, here });
    }
  }
  const wrong = faults(now, before);
  if (gone.length !== 1) return wrong.length ? wrong : ["No object changed its owner."];
  const [{ old, slab, cell, here }] = gone;
  const what = `Object ${cell.index} of the slab at ${frameRange(old.pfn, 1)}`;
  if (!slab) return [`${what} was the last one in use there, so the slab’s pages went back to the page allocator.`];
  const wait = here.waits[0];
  if (!wait) return [`${what} has no owner any more.`];
  const offset = cache.detail.slub?.offset;
  const said = wait.place === 0 && wait.cpu !== null
    ? `${what} is now the first on ${wait.list}: the next to be handed out.` : `${what} is number ${wait.place + 1} on ${wait.list} now.`;
  const parts = [said];
  if (offset !== undefined) {
    parts.push(`Its bytes stay as they were, except for those at ${offset}: there the free object itself holds the pointer to the next one.`);
  }
  if (old.list !== slab.list) {
    const place = { cpu_partial: "the CPU’s partial list", partial: "the partial list", free: "the list of free slabs" }[slab.list];
    if (place) parts.push(`The slab moved to ${place}.`);
  }
  return [...parts, ...wrong];
}

/** What is wrong with the free lists of a cache since this step. */
function faults(now, before) {
  const said = [];
  for (const slab of now.values()) {
    const fault = slab.own?.freelist_fault ?? slab.freelist_fault;
    const old = before.get(slab.pfn);
    if (fault && fault !== (old?.own?.freelist_fault ?? old?.freelist_fault)) {
      said.push(`The free list of the slab at ${frameRange(slab.pfn, 1)} ${fault}.`);
    }
  }
  return said;
}

function created(entry, cache) {
  if (!cache) return null;
  const asked = /\(\s*"([^"]*)"/.exec(entry.call)?.[1];
  if (asked && cache.name !== asked) {
    return [`The kernel has a cache of such objects already: ${cache.name}. ${asked} became another name of it, so that both share their slabs.`];
  }
  const lost = cache.size - cache.object_size;
  return [`A cache for objects of ${exactBytes(cache.object_size)}${lost ? `, ${cache.size} with what alignment adds` : ""}: ${
    plural(cache.objects_per_slab, "object")} to a slab of ${plural(2 ** cache.order, "page")}. It has no slab yet.`];
}

function shrunk(now, before) {
  const gone = [...before.keys()].filter((pfn) => !now?.has(pfn)).length;
  return [gone ? `${plural(gone, "slab")} without objects in use went back to the page allocator.` : "There was no empty slab to give back."];
}

/** The object at an address and its slab, in the cache on show. */
export const objectOnShow = (cache, address) => (cache && address ? cellAt(slabsOf(cache), address) : null);
