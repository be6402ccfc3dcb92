/**
 * What the page says in plain words about blocks, calls and what a call moved.
 * Every sentence is read off the snapshots; nothing here guesses what the kernel did.
 */
import { STATES } from "./model.js";

/** The largest order of the buddy lists. */
const LARGEST = 10;

export const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** "frame 512" or "frames 512–515". */
export function frameRange(pfn, count) {
  return count === 1 ? `frame ${pfn}` : `frames ${pfn}–${pfn + count - 1}`;
}

export function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

/** One line about a block, for its label and its tooltip. */
export function blockLabel(block) {
  const parts = [`${frameRange(block.pfn, block.count)}: ${STATES[block.state].name}`];
  if (block.owners.length) parts.push(block.owners.map((owner) => `#${owner.id ?? "?"}`).join(" and "));
  if (block.state === "slab") parts.push(`of ${block.run.cache}`);
  if (block.order !== null) parts.push(`order ${block.order}`);
  if (block.migratetype) parts.push(block.migratetype);
  if (block.state === "per_cpu") parts.push(`CPU ${block.cpu}`);
  if (block.shared) parts.push(sharedWords(block));
  return parts.join(", ");
}

/** Who claims a frame that more than one party claims. */
export function sharedWords(block) {
  if (block.owners.length > 1) return "handed out twice";
  if (block.owners.length === 1 && block.lists.length) return "allocated and yet on a free list";
  if (block.lists.length > 1) return "on two lists at once";
  return "claimed twice";
}

/** The order in which zones, lists and orders moved, as [{where, delta}]. */
export function moves(deltas) {
  return [...deltas].map(([key, delta]) => {
    const [zone, ...rest] = key.split("/");
    const where = rest.length === 1
      ? `${zone}, buddy list of order ${rest[0]}`
      : `${zone}, ${rest[0].replace("cpu", "CPU ")}’s list of order ${rest[1]}`;
    return { where, delta, zone, cpu: rest.length === 2, order: Number(rest[rest.length - 1]) };
  });
}

/** The page blocks that changed their migrate type, in a sentence; null if none did. */
export function typeChange(before, now) {
  if (!before) return null;
  const key = ({ pfn }, index, all) => `${pfn} ${index > 0 && all[index - 1].pfn === pfn}`; // two zones may share a block
  const old = new Map(before.map((block, ...where) => [key(block, ...where), block.migratetype]));
  const changed = now.map((block, ...where) => ({ ...block, was: old.get(key(block, ...where)) }))
    .filter(({ was, migratetype }) => was !== undefined && was !== migratetype);
  if (changed.length === 0) return null;
  const [{ pfn, migratetype, was }] = changed;
  return `There was no free ${migratetype} block that was large enough, so one of type ${was} was taken: `
    + `${plural(changed.length, "page block")} from frame ${pfn} on now count${changed.length === 1 ? "s" : ""} as ${migratetype}.`;
}

/** What a call returned, in one word; loaded bytes as they were written. Null for no value. */
export function returnedWords({ call, returned }) {
  if (returned === null || returned === undefined) return null;
  const size = Number(/^load\(\w+, (\d+)\)/.exec(call)?.[1]);
  return size && Number.isSafeInteger(returned) ? `0x${returned.toString(16).padStart(2 * size, "0")}` : String(returned);
}

/** What the call of a step did, in sentences. `page` is what it allocated, if anything. */
export function story(entry, page, deltas) {
  if (!entry) return ["The machine as it was booted. Nothing has been called yet."];
  const name = entry.call.split("(")[0];
  if (page) return [allocated(name, page), ...whence(page, moves(deltas))];
  if (name === "page_address") return [entry.returned === "NULL" ? "The page is in high memory and not mapped, so it has no address." : "By this address the kernel reaches the page."];
  if (entry.returned === "NULL") {
    return ["The kernel answered NULL: it could not give such a block. That is an answer like any other; "
      + "the caller has to check for it."];
  }
  if (/free/.test(name) && !/^get|^__get/.test(name)) return freed(moves(deltas));
  if (name === "split_page") {
    return ["The block now counts as single pages that are freed one by one. The free lists do not change."];
  }
  if (name === "memset" || name.startsWith("memcpy")) {
    return ["Bytes were written. The allocator does not notice: its lists stay as they are."];
  }
  return deltas.size ? ["The lists changed as marked."] : ["The free lists did not change."];
}

function allocated(name, page) {
  const count = 2 ** page.order;
  const frames = count === 1 ? "1 frame" : `2${superscript(page.order)} = ${count} frames in a row`;
  const address = page.address === null
    ? ` ${count === 1 ? "It is" : "They are"} in high memory: there is no address until a page is mapped.` : "";
  return `${name} handed out ${frames} of zone ${page.zone}: ${frameRange(page.pfn, count)}.${address}`;
}

function whence(page, moved) {
  const here = moved.filter((move) => move.zone === page.zone);
  const buddy = here.filter((move) => !move.cpu);
  const taken = buddy.filter((move) => move.delta < 0).map((move) => move.order);
  const split = taken.length && Math.max(...taken) > page.order
    ? ` A block of order ${Math.max(...taken)} was split in half until a block of order ${page.order} was left.` : "";
  if (page.order > 3) return [`Orders above 3 come straight from the buddy lists.${split}`];
  if (buddy.length === 0) {
    return ["It came from the CPU’s own list, and the buddy lists were not touched: that is the fast path."];
  }
  const own = here.find((move) => move.cpu && move.order === page.order)?.delta ?? 0;
  if (own < 0) return [`It came from the buddy lists.${split}`];
  return [`The CPU’s own list of order ${page.order} had none for it, so it was refilled from the buddy lists: ${
    own ? `${plural(own + 1, "block")} were moved, the first is handed out and the rest waits there` : "one block was moved and handed out"}.${split}`];
}

function freed(moved) {
  const grown = moved.filter((move) => move.delta > 0);
  const own = grown.find((move) => move.cpu);
  const buddy = moved.filter((move) => !move.cpu);
  if (moved.length === 0) return ["No list changed."];
  if (own && buddy.length === 0 && grown.length > 1) {
    return [`The first frame stays where it is; the rest went in parts to the CPU’s own lists of orders ${
      grown.map((move) => move.order).sort((a, b) => a - b).join(", ")}.`];
  }
  if (own && buddy.length === 0) {
    return [`The block went to the head of the CPU’s own list of order ${own.order}, `
      + "so it is the first to be handed out again. Its bytes stay as they were."];
  }
  if (own || moved.some((move) => move.cpu)) {
    return ["The CPU’s own lists had grown long enough, so blocks were given back to the buddy lists."];
  }
  if (grown.length === 0) return ["Blocks left the lists and none came back."];
  const order = Math.max(...grown.map((move) => move.order));
  const merged = moved.some((move) => move.delta < 0);
  return [merged
    ? `The block’s buddy was free too, so they merged, and so on up to a block of order ${order}.`
    : `The block went back to the buddy list of order ${order}. ${order === LARGEST
      ? "Blocks of this order are the largest and never merge." : "Its buddy is not free, so it stays as it is."}`];
}

const DIGITS = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];
const superscript = (n) => [...String(n)].map((digit) => DIGITS[digit]).join("");
