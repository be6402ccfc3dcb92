/**
 * What the drawings of virtual memory need, computed from /vmalloc, /page-tables and /tlb. Pure functions, no DOM.
 *
 * A *piece* is a stretch of pages whose frames follow each other too: an area of vmalloc has as many as it had to
 * take, memory of the page allocator always one.
 */

export const PAGE = 4096;

export const LEVELS = {
  PGD: "page global directory", PUD: "page upper directory", PMD: "page middle directory", PDE: "page directory",
  PTE: "page table",
};

/** The flags of a page-table entry in plain words. */
export const FLAGS = {
  P: "Present: the entry leads on. Without it the CPU faults.",
  RW: "Writable. Without it a store faults.",
  US: "User: programs may pass, if the next level lets them too.",
  PWT: "Write-through: stores go to memory at once.",
  PCD: "Cache disabled: a device that looks like memory.",
  A: "Accessed: the entry was used, or the kernel said so beforehand.",
  D: "Dirty: something was stored, or the kernel said so beforehand.",
  PSE: "Large page: no table below, the entry maps all of it.",
  G: "Global: it stays in the TLB when another process runs.",
  NX: "No execute: no code runs from there.",
};

export const hex = (number) => `0x${number.toString(16)}`;

/** A number of binary digits, the highest first. */
const binary = (number, bits) => (number & ((1n << BigInt(bits)) - 1n)).toString(2).padStart(bits, "0");

/** An address cut into the bits of each level: [{role, level?, high, low, bits, index?}], the highest first. */
export function fieldsOf(walk, width) {
  const address = BigInt(walk.address);
  const fields = [];
  let low = walk.walk.length ? walk.walk[0].shift + walk.walk[0].bits : 0;
  const add = (role, high, to, more = {}) => {
    if (high >= to) fields.push({ role, high, low: to, bits: binary(address >> BigInt(to), high - to + 1), ...more });
  };
  add(walk.walk.length ? "sign" : "none", width - 1, low);
  walk.walk.forEach((step, number) => {
    add("index", step.shift + step.bits - 1, step.shift, { level: number, name: step.level, index: step.index });
    low = step.shift;
  });
  add(walk.target ? "offset" : "rest", low - 1, 0);
  return fields;
}

/** The pieces into which pages fall in physical memory: [{index, count, pfn}]; unmapped pages are in none. */
export function piecesOf(pages) {
  const pieces = [];
  for (const { index, pfn } of pages) {
    const last = pieces[pieces.length - 1];
    if (pfn === null) continue;
    if (last && last.pfn + last.count === pfn && last.index + last.count === index) last.count += 1;
    else pieces.push({ index, count: 1, pfn });
  }
  return pieces;
}

/** Pieces in the order of physical memory, with what lies between: [{piece} | {gap: frames}]. */
export function physicalRow(pieces) {
  const row = [];
  let end = null;
  for (const piece of [...pieces].sort((a, b) => a.pfn - b.pfn)) {
    if (end !== null && piece.pfn > end) row.push({ gap: piece.pfn - end, pfn: end });
    row.push({ piece });
    end = piece.pfn + piece.count;
  }
  return row;
}

/** A block of the page allocator as pages in a row. */
export function pagesOfBlock({ pfn, order, address }) {
  return Array.from({ length: 2 ** order }, (_, index) => ({
    index, pfn: pfn + index, address: hex(BigInt(address) + BigInt(index * PAGE)),
  }));
}

/** The order of the block that holds so many pages. */
export const orderFor = (pages) => Math.ceil(Math.log2(Math.max(1, pages)));

/** The address space of vmalloc: areas (of modules too), what waits for a purge, and what of its own is free. */
export function spaceOf(list, machine) {
  const [low, high] = [BigInt(machine.vmalloc_start), BigInt(machine.vmalloc_end)];
  const as = (state) => (range) => ({ ...range, state, from: BigInt(range.address), to: BigInt(range.end_address) });
  const parts = [
    ...list.areas.map(as("area")), ...list.unpurged.map(as("unpurged")),
    ...list.free.map(as("free")).map((part) => ({ ...part, from: largest(part.from, low), to: smallest(part.to, high) })),
  ];
  return parts.filter((part) => part.from < part.to).sort((a, b) => (a.from < b.from ? -1 : 1))
    .map((part) => ({ ...part, pages: Number((part.to - part.from) / BigInt(PAGE)), address: hex(part.from) }));
}

/** The address of the area to show: the one that the step made, the one on show, the newest of the session's. */
export function areaToShow({ step, vmalloc: { areas } }, current) {
  const made = areas.find((area) => area.allocated_at_step === step && step > 0);
  const kept = areas.find((area) => area.address === current);
  const own = areas.filter((area) => area.id !== null).sort((a, b) => b.id - a.id)[0];
  return (made ?? kept ?? own ?? areas[0])?.address ?? null;
}

const largest = (a, b) => (a > b ? a : b);
const smallest = (a, b) => (a < b ? a : b);

/** The TLB of a CPU as sets of places: [{title, size, sets: [[entry]]}], each set from the newest to the oldest. */
export function setsOf(shape, { entries }) {
  const kinds = [
    { title: "4 KiB pages", isLarge: false, sets: shape.sets }, { title: "large pages", isLarge: true, sets: shape.large_sets },
  ];
  return kinds.map(({ title, isLarge, sets }) => {
    const own = entries.filter((entry) => entry.page_size_bytes > PAGE === isLarge);
    const places = Array.from({ length: sets }, () => []);
    for (const entry of own) places[Number((BigInt(entry.page_address) / BigInt(entry.page_size_bytes)) % BigInt(sets))].push(entry);
    return { title, ways: shape.ways, sets: places, used: own.length, room: sets * shape.ways };
  });
}

/** What kind of address it is: "vmalloc", "direct" (the kernel's own view of low memory) or "other". */
export function kindOf(address, machine) {
  const value = BigInt(address);
  if (value >= BigInt(machine.vmalloc_start) && value < BigInt(machine.vmalloc_end)) return "vmalloc";
  return value >= BigInt(machine.page_offset) && value < BigInt(machine.high_memory) ? "direct" : "other";
}

const VIRTUAL_CALL = /^(vmalloc|vzalloc|vmap|vunmap|vfree|vm_unmap_aliases|access|dma|load_module|delete_module)\(/;

/** Whether a call, as text, may end an area of the session's own; what an interrupt frees is gone when it ends. */
export const endsArea = (text) => isVirtualCall(text) || /^(exit_|schedule|run_on_cpu)/.test(text ?? "");

/** Whether a call, as text, is about virtual memory. */
export const isVirtualCall = (text) => VIRTUAL_CALL.test(text ?? "");
