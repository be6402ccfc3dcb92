/**
 * What the slab drawings need, computed from /caches and /caches/{name}. Pure functions, no DOM.
 *
 * An object *waits* on every list that will hand it out. A free one that waits nowhere is lost; one that
 * waits and also has an owner will be handed out a second time.
 */
import { hex } from "./virtual.js";

export const OBJECT_STATES = {
  live: "in use", kernel: "in use by the kernel itself", free: "free", shared: "in use and yet on a free list",
  lost: "free, but on no list", unused: "not needed at the moment, the kernel may take it back",
};

export const isInUse = (cache) => cache.nr_slabs > 0 || cache.live_objects > 0;

/** Bytes of a cache's slabs, and where they are: asked for, lost to rounding, in free objects, at the ends. */
export function shares(cache) {
  const { rounding_bytes: rounding, free_object_bytes: free, slab_tail_bytes: tail } = cache.waste;
  return { asked: cache.bytes_requested, rounding, free, tail, total: cache.bytes_requested + rounding + free + tail };
}

/** What all caches together hold. */
export function sumOf(caches) {
  const sum = { bytes_requested: 0, waste: { rounding_bytes: 0, free_object_bytes: 0, slab_tail_bytes: 0 } };
  for (const cache of caches) {
    sum.bytes_requested += cache.bytes_requested;
    for (const name of Object.keys(sum.waste)) sum.waste[name] += cache.waste[name];
  }
  return sum;
}

/** The names of the caches that a step changed; the one that tells most about the step comes first. */
function changedCaches(before, now) {
  if (!before) return [];
  const old = new Map(before.map((cache) => [cache.name, cache]));
  const weight = (cache) => {
    const was = old.get(cache.name);
    if (!was) return 4;
    if (was.aliases.length !== cache.aliases.length) return 3;
    return was.live_objects !== cache.live_objects ? 2 : 1;
  };
  return now.filter((cache) => JSON.stringify(cache) !== JSON.stringify(old.get(cache.name)))
    .map((cache) => ({ name: cache.name, weight: weight(cache) }))
    .sort((a, b) => b.weight - a.weight).map((one) => one.name);
}

/** The cache to show at a step: the one on show, unless the step changed only others. */
export function cacheToShow(view, before, current) {
  const exists = view.caches.some((cache) => cache.name === current);
  const changed = changedCaches(before?.caches, view.caches);
  if (changed.length && !changed.includes(current)) return changed[0];
  if (exists) return current;
  return (view.caches.find((cache) => isInUse(cache) && cache.name.startsWith("kmalloc")) ?? view.caches.find(isInUse))?.name ?? null;
}

/** The cache of kmalloc that serves a size; null for sizes that take whole pages. */
export function kmallocCache(caches, size, isDMA) {
  const family = isDMA ? /^dma-kmalloc-\d/ : /^kmalloc-\d/;
  const fitting = caches.filter((cache) => [cache.name, ...cache.aliases].some((name) => family.test(name)) && cache.object_size >= size);
  return fitting.reduce((best, cache) => (best && best.object_size <= cache.object_size ? best : cache), null);
}

/** The slabs of a cache by first frame, with a cell for each object. */
export function slabsOf({ detail, objects }) {
  const owners = new Map();
  for (const one of objects) owners.set(one.address, [...(owners.get(one.address) ?? []), one]);
  const own = new Map((detail.slub?.per_cpu ?? []).filter((cpu) => cpu.slab !== null).map((cpu) => [cpu.slab, cpu]));
  const arrays = arrayPlaces(detail.slab);
  return new Map(detail.slabs.map((slab) => {
    const base = BigInt(slab.address);
    const cpu = own.get(slab.pfn) ?? null;
    const cells = [...slab.map].map((letter, index) => {
      const address = hex(base + BigInt(index) * BigInt(detail.size));
      const waits = [...(arrays.get(address) ?? [])];
      if (cpu) add(waits, cpu.freelist, index, `CPU ${cpu.cpu}’s free list`, cpu.cpu);
      add(waits, slab.freelist, index, "the slab’s free list", null);
      const mine = owners.get(address) ?? [];
      return { index, address, waits, owners: mine, state: stateOf(letter, waits), next: waits.find((one) => one.place === 0 && one.cpu !== null)?.cpu ?? null };
    });
    return [slab.pfn, { ...slab, own: cpu, cells, bytes: 4096 * 2 ** slab.order, tail: 4096 * 2 ** slab.order - slab.objects * detail.size }];
  }));
}

function add(waits, list, index, name, cpu) {
  const place = list.indexOf(index);
  if (place >= 0) waits.push({ list: name, place, cpu });
}

function arrayPlaces(classic) {
  const places = new Map();
  for (const array of arraysOf(classic)) {
    array.entries.forEach((address, place) => {
      places.set(address, [...(places.get(address) ?? []), { list: array.title, place, cpu: array.cpu ?? null }]);
    });
  }
  return places;
}

/** The array caches of the classic allocator, named. */
export function arraysOf(classic) {
  if (!classic) return [];
  const own = classic.per_cpu.map((array) => ({ ...array, title: `CPU ${array.cpu}’s array` }));
  return classic.shared ? [...own, { ...classic.shared, cpu: null, title: "the shared array" }] : own;
}

function stateOf(letter, waits) {
  if (letter === "k") return "kernel";
  if (letter === "u" && !waits.length) return "unused";
  if (letter === "#" || letter === "u") return waits.length ? "shared" : "live";
  return waits.length ? "free" : "lost";
}

/** The slabs in the groups in which the allocator keeps them: [{title, note, slabs, missing}]. */
export function groupsOf(detail, slabs) {
  const group = (title, note, pfns, isAlways = false) => ({
    title, note, isAlways, slabs: pfns.map((pfn) => slabs.get(pfn)).filter(Boolean), count: pfns.length,
    missing: pfns.filter((pfn) => !slabs.has(pfn)).length,
  });
  if (detail.slab) {
    return [
      group("Partial slabs", "objects come from these first", detail.slab.slabs_partial),
      group("Free slabs", "no object in use", detail.slab.slabs_free),
      group("Full slabs", "all objects in use or in an array", detail.slab.slabs_full),
    ];
  }
  const groups = detail.slub.per_cpu.flatMap((cpu) => [
    group(`CPU ${cpu.cpu}’s slab`, "this CPU takes and frees here without a lock", cpu.slab === null ? [] : [cpu.slab], true),
    group(`CPU ${cpu.cpu}’s partial list`, "slabs with free objects that this CPU keeps at hand", cpu.partial),
  ]);
  groups.push(group("The node’s partial list", "slabs with free objects for whichever CPU needs one", detail.slub.partial));
  const full = [...slabs.values()].filter((slab) => slab.list === "full").map((slab) => slab.pfn);
  const rest = Math.max(0, detail.nr_slabs - groups.reduce((sum, one) => sum + one.count, 0));
  groups.push({ ...group("Full slabs", "on no list until an object is freed", full), count: rest, missing: rest - full.length });
  return groups;
}

const look = (cell) => `${cell.state} ${cell.owners.map((one) => one.allocated_at_step)}`;

/** Marks the objects of `now` that a step changed (`cell.changed`) and the slabs that it brought (`isNew`). */
export function markChanges(now, before) {
  if (!before) return now;
  for (const slab of now.values()) {
    const old = before.get(slab.pfn);
    slab.isNew = !old;
    for (const cell of slab.cells) {
      cell.changed = old?.cells[cell.index] ? look(old.cells[cell.index]) !== look(cell) : cell.state !== "free";
    }
  }
  return now;
}

/** The cell of an object by its address. */
export function cellAt(slabs, address) {
  for (const slab of slabs.values()) {
    const cell = slab.cells.find((one) => one.address === address);
    if (cell) return { slab, cell };
  }
  return null;
}

const SLAB_CALL = /^(k[mzc]alloc|kmalloc_array|krealloc|kfree|ksize|kmem_cache_\w+)\(/;

/** Whether a call, as text, may end a cache. */
export const endsCache = (text) => /^(kmem_cache_destroy|delete_module)\(/.test(text ?? "");

/** Whether a call, as text, is one of the slab allocator's. */
export const isSlabCall = (text) => SLAB_CALL.test(text ?? "");
