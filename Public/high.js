/**
 * What the drawings of high memory and of contexts need, computed from /kmap, /kmap_atomic and /context. Pure
 * functions, no DOM.
 */
import { hex, PAGE } from "./virtual.js";

const HIGH_CALL = /^k(un)?map(_atomic|_local|_local_page|_flush_unused)?\(/;
const CONTEXT_CALL = /^(run_on_cpu|(enter|exit)_(soft)?irq|local_(irq|bh)_\w+|preempt_(dis|en)able|spin_(un)?lock\w*|might_sleep|schedule)\(/;

/** Whether a call, as text, is about mappings of high memory. */
export const isHighCall = (text) => HIGH_CALL.test(text ?? "");

/** Whether a call, as text, only says what a CPU does. */
export const isContextCall = (text) => CONTEXT_CALL.test(text ?? "");

export const SLOT_STATES = {
  free: "free",
  used: "in use",
  stale: "given up, but TLBs may still know it",
  left: "given up, but the entry is still there",
  overwritten: "overwritten while somebody still counts on it",
  gone: "cleared, though nobody gave it up",
  parked: "its task sleeps",
};

/** The first frame that has no address of its own. */
export const lineOf = (machine) => Number((BigInt(machine.high_memory) - BigInt(machine.page_offset)) / BigInt(PAGE));

/** The frame of a `struct page`, and back. */
export const frameOf = (page, machine) => (Number(page) - Number(machine.mem_map)) / machine.struct_page_size_bytes;
export const structPage = (pfn, machine) => hex(BigInt(machine.mem_map) + BigInt(pfn * machine.struct_page_size_bytes));

/** All slots of the pool, those of which /kmap told only the count too. */
export const poolSlots = ({ slots, counts, base }) => counts.map((count, slot) => slots.find((one) => one.slot === slot)
  ?? { slot, count, state: "free", pfn: null, users: [], address: hex(Number(base) + slot * PAGE) });

/** The slot of the pool that maps a frame; undefined if none does. */
export const slotOf = ({ kmap }, pfn) => kmap.slots.find((slot) => slot.pfn === pfn && slot.count > 0);

/** All slots for temporary mappings, each with a state and its `users`: the mappings that nobody gave up. */
export function temporarySlots({ temporary, context }) {
  return temporary.cpus.flatMap(({ cpu, slots }) => slots.map((slot) => {
    const here = temporary.mappings.filter((one) => one.address === slot.address);
    const users = here.filter((one) => slot.type !== null || one.pid === context.cpus[cpu].pid);
    return { ...slot, cpu, users, state: stateOf(slot.pfn, users.length, here.length) };
  }));
}

function stateOf(pfn, users, here) {
  if (pfn === null) return users ? "gone" : here ? "parked" : "free";
  return users > 1 ? "overwritten" : users ? "used" : "left";
}

/** All live mappings in the order of their steps. */
export const liveMappings = ({ kmap, temporary }) =>
  [...kmap.uses.map((use) => ({ ...use, function: "kmap", type: null })), ...temporary.mappings].sort((a, b) => a.id - b.id);

/** The mapping by which the kernel reaches a frame of high memory now; undefined if there is none. */
export const mappingOf = (view, pfn) => liveMappings(view).find((one) => one.pfn === pfn);

/** What the CPU does that the next call runs on. */
export const currentCPU = ({ context }) => context.cpus[context.cpu];
