/** What the page says in plain words about mappings of high memory, and about what a CPU may do. */
import { currentCPU, frameOf, SLOT_STATES, slotOf, temporarySlots } from "./high.js";
import { frameRange, plural } from "./words.js";

/** What a call about a mapping did, in sentences; null if there is nothing to say here. */
export function highStory(entry, { mapping, view, before, machine }) {
  const [, name, argument] = /^(\w+)\((\w*)/.exec(entry.call);
  if (!before) return null;
  switch (name) {
    case "kmap": return mapping ? mapped(mapping, view, before) : [];
    case "kunmap": return [unmapped(slotOf(before, frameOf(argument, machine)), view)];
    case "kmap_flush_unused": return [flushed(view, before) ?? "No slot had been given up."];
    default: return temporary(name, mapping?.address ?? argument, view, before, machine);
  }
}

function mapped({ slot, pfn, address }, view, before) {
  if (slot === null) return ["The page is in low memory: kmap() returns the address that it always has."];
  const old = slotOf(before, pfn);
  if (old?.slot === slot) {
    return [`${old.count > 1 ? "It was mapped already" : "It was given up, but its entry was still there"}: the same slot ${slot}, the same address. `
      + `The count goes from ${old.count} to ${view.kmap.counts[slot]}.`];
  }
  const found = `The search went on behind slot ${before.kmap.last_pkmap_nr} and took slot ${slot}: ${address} leads to frame ${pfn}.`;
  return [flushed(view, before), `${found} The count is 2, one more than its users.`].filter(Boolean);
}

/** Slots that had been given up and that the end of the pool made free. */
function flushed(view, before) {
  const gone = before.kmap.slots.filter((slot) => slot.state === "stale" && slotOf(view, slot.pfn)?.slot !== slot.slot).length;
  return gone ? `${plural(gone, "slot")} that had been given up became free at once, and the TLBs forgot the pool.` : null;
}

function unmapped(old, view) {
  if (!old) return "The page is in low memory: there is nothing to give up.";
  const count = slotOf(view, old.pfn)?.count ?? 0;
  if (count > 1) return `Slot ${old.slot} has ${plural(count - 1, "user")} left: the count is ${count}.`;
  return `The last user of slot ${old.slot} is gone. ${count
    ? "The count is 1, not 0: the entry stays, since TLBs may still know it. The slot is free when the search for slots has been at the end of the pool."
    : "Who waited for a slot has it."}`;
}

const KEEPS = {
  kmap_atomic: " Preemption is off until it is given up.", kunmap_atomic: " Preemption is as it was before.",
  kmap_local_page: " The task may sleep: the mapping goes with it.",
};

function temporary(name, address, view, before, machine) {
  const keeps = KEEPS[name] ?? "";
  const [slot, old] = [view, before].map((one) => temporarySlots(one).find((each) => each.address === address));
  if (!slot) return [`That is no slot: low memory keeps its address.${keeps}`];
  const where = slot.type === null ? `place ${slot.index} of CPU ${slot.cpu}’s stack` : `slot ${slot.type} of CPU ${slot.cpu}`;
  if (name.startsWith("kmap")) {
    return [`Frame ${slot.pfn} is in ${where}, for this CPU only.${slot.type !== null && old.pfn !== null ? ` It simply overwrote the entry of frame ${old.pfn}.` : ""}${keeps}`];
  }
  if (slot.type !== null && !machine.debug) return [`Nothing else happened: the entry of ${where} still leads to frame ${slot.pfn}, until the next mapping overwrites it.${keeps}`];
  return [`${slot.pfn === null ? `The entry of ${where} is cleared: who kept the pointer will fault.` : "The entry that was cleared is the newest one’s, not this one’s."}${keeps}`];
}

/** One slot of the pool, for its label. */
export const slotLabel = ({ slot, address, pfn, count, state }) => `Slot ${slot} at ${address}: ${pfn === null ? "" : `${frameRange(pfn, 1)}, `}${
  count > 1 ? plural(count - 1, "user") : SLOT_STATES[state]}, count ${count}`;

/** One slot for temporary mappings, for its label. */
export const temporaryLabel = ({ type, index, address, pfn, state, users }) => `${type ?? `Place ${index}`} at ${address}: ${
  pfn === null ? "" : `${frameRange(pfn, 1)}, `}${SLOT_STATES[state]}${users.map((one) => `, #${one.id} for frame ${one.pfn}`).join("")}`;

// MARK: Contexts

const TOLD = {
  enter_irq: "A device’s interrupt came: the CPU left its task and runs the handler, with interrupts off.",
  exit_irq: "The handler is done, and the CPU goes on where it was.",
  enter_softirq: "The CPU does what an interrupt had put off. Interrupts may come, the task must wait.",
  exit_softirq: "The CPU goes on where it was.",
  run_on_cpu: "The calls to come are made on this CPU.",
  schedule: "The next task that can run has the CPU.",
  preempt_disable: "No other task gets this CPU until preemption is enabled.",
  spin_lock: "Who wants this lock now spins. So who holds it must not sleep.",
};

/** What a CPU was told, in sentences. */
export function contextStory(entry, { view, before, blocked }) {
  if (blocked) return [];
  const [name] = entry.call.split("(");
  const done = before ? currentCPU(before).deferred_vfree.length - currentCPU(view).deferred_vfree.length : 0;
  const told = entry.returned === 0 && name.startsWith("enter") ? "It did not come: this CPU takes none now." : TOLD[name];
  return [told ?? "The bar of the CPU says what it may do now.", ...(done > 0 ? [`A worker of the kernel’s gave up ${plural(done, "area")} that vfree() had put off.`] : [])];
}

/** A call that has begun and not ended. */
export const blockedWords = ({ reason, pid }) => `The call has not returned: ${reason.replace(/^.*?: /, "")}. ${
  pid ? `Task ${pid} sleeps; another task has the CPU and makes the calls.` : "The CPU spins."}`;

/** A call that came to its end with another one. */
export const resumedWords = ({ step, pid, cpu, returned }) => `The call of step ${step} ended with this one: task ${pid} goes on, on CPU ${cpu}${returned ? `, and has ${returned}` : ""}.`;

/** What may be done on a CPU. */
export function permission(cpu, isDebug) {
  if (cpu.spins_for !== null) return "It makes no call until who holds the lock has given it back.";
  if (cpu.may_sleep) return "GFP_KERNEL, kmap(), vmalloc() and vfree() are all right here.";
  return `No GFP_KERNEL, no kmap(): use GFP_ATOMIC and kmap_atomic(). ${cpu.in_interrupt ? "vmalloc() is a BUG, vfree() is put off." : "No vmalloc(), no vfree()."} ${
    isDebug ? "This debug kernel complains of who could sleep." : "This kernel does not check; it often goes well, until memory is short."}`;
}
