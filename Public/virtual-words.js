/** What the page says in plain words about areas, translations, series of loads and devices. */
import { currentCPU } from "./high.js";
import { bytes, frameRange, plural } from "./words.js";

/** The letter of a piece: A to Z, then AA and so on. */
export const pieceLetter = (number) => (number < 26 ? "" : pieceLetter(Math.floor(number / 26) - 1)) + String.fromCharCode(65 + (number % 26));

/** What a call about virtual memory did, in sentences; null if there is nothing to say here. */
export function virtualStory(entry, { answer, area, view, before }) {
  const name = entry.call.split("(")[0];
  if (["vfree", "vunmap", "delete_module"].includes(name)) return freed(name, view, before);
  if (name === "vm_unmap_aliases") return [purged(view, before) ?? "No freed addresses were waiting, so there was nothing to flush."];
  if (name === "access") return [answer?.accesses ? loads(answer.accesses) : `The TLB did not know the page of ${plural(entry.returned ?? 0, "load")}.`];
  if (name === "dma") return answer?.dma ? device(answer.dma) : null;
  if (entry.returned === "NULL") return null;
  const made = answer?.area ?? (area?.allocated_at_step === entry.step ? area : null);
  return made && [...allocated(name, made), ...(tables(view, before) ?? [])];
}

function allocated(name, area) {
  const pages = Math.ceil(area.mapped_bytes / 4096);
  const runs = area.physically_contiguous_runs;
  const where = runs === 1 ? "happen to lie in one stretch" : `lie in ${runs.toLocaleString("en")} pieces of physical memory`;
  const frames = name === "vmap" ? "The frames are those that the caller had already" : "The frames were taken one at a time";
  return [`${plural(pages, "page")} at consecutive addresses from ${area.address} on. ${frames} and ${where}.`,
    ...(area.guard_page ? ["The page of addresses behind them leads nowhere: the guard page. Who writes too far faults there."] : [])];
}

const tableCount = (view) => view.frames.runs.reduce((sum, run) => sum + (run.state === "page_table" ? run.count : 0), 0);

function tables(view, before) {
  const added = before ? tableCount(view) - tableCount(before) : 0;
  return added > 0 ? [`${plural(added, "new page table")} ${added === 1 ? "was" : "were"} needed. ${added === 1 ? "It takes" : "Each takes"} a frame too.`] : null;
}

function freed(name, view, before) {
  const put = before ? currentCPU(view).deferred_vfree.length - currentCPU(before).deferred_vfree.length : 0;
  if (put > 0) return ["In an interrupt vfree() only notes the address. The area stays until the CPU is back in a task: a worker of the kernel’s gives it up then."];
  if (!before || view.vmalloc.areas.length === before.vmalloc.areas.length) return ["No area was given up."];
  const pages = name === "vunmap" ? "The frames stay with their owner. " : "Its frames went back to the page allocator at once. ";
  return [`${pages}Its entries in the page tables are cleared. ${purged(view, before) ?? waiting(view.vmalloc)}`];
}

/** Which addresses wait, and why. */
export function waiting({ lazy_pages: lazy, lazy_limit: limit }) {
  if (lazy === 0) return "No addresses wait for a purge.";
  return `${plural(lazy, "page")} of addresses wait for a purge: TLBs may still know them. Flushing costs time, so it is done for many at `
    + `once, at the latest with more than ${limit.toLocaleString("en")}.`;
}

function purged(view, before) {
  const gone = before ? before.vmalloc.lazy_pages - view.vmalloc.lazy_pages : 0;
  return gone > 0 ? `The TLBs were flushed, and ${plural(gone, "page")} of addresses may be used again.` : null;
}

function loads({ count, misses, memory_reads: reads, cycles, fault_address: fault }) {
  const share = count ? (100 * misses) / count : 0;
  return `${plural(count, "load")}: the TLB did not know the page of ${misses.toLocaleString("en")} (${share < 1 ? share.toFixed(2) : share.toFixed(0)} %). `
    + `Walks read ${reads.toLocaleString("en")} entries; all took ${plural(cycles, "cycle")}.${fault ? ` At ${fault} nothing is mapped.` : ""}`;
}

function device({ refused, length, direction, mask_bits: mask, foreign_bytes: foreign, physical_address: address }) {
  const verb = direction === "from_device" ? "wrote" : "read";
  if (refused) return [`Refused: with ${mask} address bits the device cannot reach ${bytes(length)} at ${address}.`];
  const what = `The device ${verb} ${bytes(length)} of physical memory from ${address} on.`;
  return [`${what} ${foreign ? `${bytes(foreign)} of them were not meant.` : "All of them were meant."}`];
}

const OWNERS = { free: "free memory", reserved: "the kernel itself", unknown: "the recorded kernel", none: "no memory there" };

/** Whose some memory is. */
export function ownerWords(owner) {
  const since = owner.step ? ` of step ${owner.step}` : "";
  switch (owner.kind) {
    case "pages": return `pages${since}`;
    case "object": return `an object of ${owner.cache}${since}`;
    case "vmalloc": return `page ${owner.page} of the vmalloc area${since}`;
    default: return OWNERS[owner.kind] ?? `a ${owner.kind.replace("_", " ")}`;
  }
}

/** One part of the address space of vmalloc, for its label. */
export function spaceLabel(part) {
  if (part.state === "free") return `${bytes(part.pages * 4096)} free from ${part.address} on`;
  if (part.state === "unpurged") return `${plural(part.pages, "page")} from ${part.address} on, freed but not purged`;
  const name = part.id === null ? part.caller : `#${part.id}`;
  return `Area ${name} at ${part.address}: ${bytes(part.mapped_bytes)}${part.guard_page ? " and a guard page" : ""}`;
}

export const pieceLabel = (piece, number, what) => `Piece ${pieceLetter(number)}: ${plural(piece.count, "page")} of ${what} in ${frameRange(piece.pfn, piece.count)}`;

/** One entry of a TLB. */
export function entryLabel(entry) {
  const words = `${bytes(entry.page_size_bytes)} at ${entry.page_address} are ${frameRange(entry.pfn, entry.page_size_bytes / 4096)}`;
  return entry.stale ? `${words}; out of date: the page tables say otherwise` : words;
}
