/**
 * The TLB experiment: the same loads over memory of the page allocator and over memory of vmalloc. Its results are
 * the answers of calls, so that an earlier step shows what was known then.
 */
import { requests } from "./api.js";
import { kindOf, orderFor, PAGE } from "./virtual.js";

const LARGE = 4 << 20;
const SMALL = 1 << 20;

export const PATTERNS = {
  sequential: { title: "Sequential", words: "every 8 bytes, one behind the other", body: { pattern: "sequential", stride: 8 } },
  strided: { title: "Strided", words: "one load in each page", body: { pattern: "strided", stride: PAGE } },
  random: { title: "Random", words: "anywhere", body: { pattern: "random", seed: 1 } },
};

/** Bytes on each side: 4 MiB, or less where no block is as large. */
export const sizeFor = (machine) => (machine.memory_bytes > 8 * LARGE ? LARGE : SMALL);

/** The two sides that are there at the step on show: {direct, vmalloc}, each an address or null. */
export function sidesOf({ view, machine }) {
  const size = sizeFor(machine);
  const block = view.pages.find((page) => page.order === orderFor(size / PAGE) && page.address !== null);
  const area = view.vmalloc.areas.find((one) => one.id !== null && one.mapped_bytes >= size);
  return { direct: block?.address ?? null, vmalloc: area?.address ?? null };
}

/** Makes what is missing and runs the patterns over both sides. */
export async function run(lab, names, count) {
  const size = sizeFor(lab.machine);
  const { direct, vmalloc } = sidesOf(lab);
  const topic = "virtual";
  if (direct === null) await lab.perform(requests.allocate("__get_free_pages", "GFP_KERNEL", orderFor(size / PAGE)), topic);
  if (vmalloc === null) await lab.perform(requests.vmalloc("vmalloc", size), topic);
  const sides = sidesOf(lab);
  if (sides.direct === null || sides.vmalloc === null) return;
  for (const name of names) {
    for (const address of [sides.direct, sides.vmalloc]) {
      const answer = await lab.perform(requests.accesses({ address, length: size, ...PATTERNS[name].body, count }), topic);
      if (!answer) return;
    }
  }
}

/** The newest results up to the step on show, by pattern: {pattern, direct?, vmalloc?}, in the order of PATTERNS. */
export function resultsOf({ answers, step, machine }) {
  const found = new Map();
  for (const [at, { request, answer }] of answers) {
    const pattern = request?.body?.pattern;
    if (at > step || !answer.accesses || !PATTERNS[pattern]) continue;
    const side = kindOf(request.body.address, machine);
    const row = found.get(pattern) ?? { pattern };
    if (!row[side] || row[side].step < at) row[side] = { ...answer.accesses, step: at, body: request.body };
    found.set(pattern, row);
  }
  return Object.keys(PATTERNS).map((name) => found.get(name)).filter(Boolean);
}
