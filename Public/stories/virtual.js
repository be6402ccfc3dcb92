/** Stories of virtual memory: what vmalloc is good for, what it costs, and who does not see it. */
import { requests } from "../api.js";
import { range, silence } from "./telling.js";
import { bytes, capital, frameRange, plural } from "../words.js";
import { ownerWords } from "../virtual-words.js";

const MIB_4 = 4 << 20;
const LOADS = 10240;
const series = (answer) => ({ address: answer.returned, length: MIB_4, pattern: "strided", stride: 4096, count: LOADS });
const transfer = (answer, mask = 32) => ({ address: answer.returned, length: 8192, direction: "from_device", mask_bits: mask });

export const VIRTUAL_STORIES = [
  {
    id: "vmalloc-or-kmalloc",
    title: "vmalloc or kmalloc?",
    topic: "virtual",
    machine: { machine: "i386" },
    intro: "Four mebibytes in two ways: one stretch of physical memory, or one stretch of addresses only.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 10)",
        ask: "The largest block that there is: 4 MiB.",
        say: ([a]) => `One stretch, ${range(a)}. Nothing had to be mapped: low memory always is.`,
      },
      {
        call: () => `kmalloc(${MIB_4 + 1}, GFP_KERNEL)`,
        ask: "kmalloc() takes large memory from the same lists. One byte more?",
        say: ([, b]) => (b.returned === "NULL" ? "NULL. No list has larger blocks, however much memory is free." : `It returned ${b.returned}.`),
      },
      {
        call: () => `vmalloc(${MIB_4})`,
        ask: "vmalloc() takes 1,024 single frames, from wherever they are.",
        say: ([, , c]) => (c.area ? `From ${c.returned} on, in ${plural(c.area.physically_contiguous_runs, "piece")} of physical memory. Each page has an entry of its own in the page tables.` : "NULL."),
      },
      {
        call: ([a]) => `access(${a.returned}, ${MIB_4}, ${LOADS}, stride=4096)`,
        request: ([a]) => requests.accesses(series(a)),
        ask: "Is it as fast? Load a word from each page of the block, ten times over.",
        say: (all) => `The TLB missed ${plural(all[3].accesses.misses, "time")}: one 4 MiB entry covers it all.`,
      },
      {
        call: ([, , c]) => `access(${c.returned}, ${MIB_4}, ${LOADS}, stride=4096)`,
        request: ([, , c]) => requests.accesses(series(c)),
        ask: "The same loads over vmalloc’s memory.",
        say: (all) => `${all[4].accesses.misses.toLocaleString("en")} misses in ${LOADS.toLocaleString("en")} loads, and ${
          (all[4].accesses.cycles / all[3].accesses.cycles).toFixed(0)} times the cycles: 64 places for 1,024 pages.`,
      },
      {
        call: ([, , c]) => `vfree(${c.returned})`,
        ask: "Give it up.",
        say: (_, view) => `The frames are free at once. But ${plural(view.vmalloc.lazy_pages, "page")} of addresses wait: TLBs may still know them.`,
      },
      {
        call: () => "vmalloc(65536)",
        ask: "A new area. Will it get the lowest addresses?",
        say: (all) => (all[6].returned === all[2].returned ? "The same ones again." : `No: ${all[6].returned} lies behind those that wait.`),
      },
      {
        call: () => "vm_unmap_aliases()",
        ask: "Now flush the TLBs.",
        say: (_, view) => (view.vmalloc.lazy_pages ? `${plural(view.vmalloc.lazy_pages, "page")} still wait.` : "Nothing waits any more. One flush was enough for all of it."),
      },
      {
        call: () => "vmalloc(65536)",
        ask: "And another one.",
        say: (all) => `${all[8].returned === all[2].returned ? "The lowest addresses again" : `At ${all[8].returned}`}. So: kmalloc() while it has enough, vmalloc() for what is large and seldom touched.`,
      },
    ],
  },
  {
    id: "device",
    title: "The device that sees only physical memory",
    topic: "virtual",
    machine: { machine: "i386" },
    intro: "A device writes into memory by itself. It stands on the other side of the MMU and knows no page tables.",
    calls: [
      {
        call: () => "kmalloc(8192, GFP_KERNEL)",
        ask: "A buffer of two pages for the device.",
        say: ([a]) => `${a.returned}: ${a.object ? frameRange(a.object.pfn, 2) : "two frames"}, one behind the other.`,
      },
      {
        call: () => "dma(the buffer, 8192)",
        request: ([a]) => requests.dma(transfer(a)),
        ask: "The driver tells the device where the first byte is. The device writes 8 KiB from there on.",
        say: (all) => taken(all[1].dma),
      },
      { call: () => "alloc_page(GFP_HIGHUSER)", ask: "Somebody’s page.", say: (all) => `It is ${range(all[2])}.` },
      { call: () => "alloc_page(GFP_HIGHUSER)", ask: "And a page of somebody else.", say: (all) => `It is ${range(all[3])}, their diary.` },
      {
        call: (all) => `__free_page(${all[2].returned})`,
        ask: "The first one is given back.",
        say: (all) => `${capital(range(all[2]))} is free, and the next to be handed out.`,
      },
      {
        call: () => "vmalloc(8192)",
        ask: "Another driver takes its buffer from vmalloc(). It works in every test that has no device.",
        say: (all) => (all[5].area ? `Two pages at ${all[5].returned}: frames ${all[5].area.pages.map((page) => page.pfn).join(" and ")}.` : "NULL."),
      },
      {
        call: () => "dma(the area, 8192)",
        request: (all) => requests.dma(transfer(all[5])),
        ask: "It translates the first byte and lets the device write 8 KiB.",
        say: (all) => `${taken(all[6].dma)} ${silence(all[6])}`,
      },
      {
        call: () => "dma(the first buffer, 8192), 24 bits",
        request: ([a]) => requests.dma(transfer(a, 24)),
        ask: "An old device has 24 address lines and reaches 16 MiB. Give it the first buffer.",
        say: (all) => (all[7].dma.refused ? `Refused: ${all[7].dma.physical_address} is beyond its reach. For such devices there is kmalloc() with GFP_DMA.` : taken(all[7].dma)),
      },
    ],
  },
];

/** Whose memory the device took. */
function taken({ refused, foreign_bytes: foreign, parts }) {
  if (refused) return "The device was refused.";
  const others = parts.filter((part) => !part.meant).map((part) => `frame ${part.pfn}: ${ownerWords(part.owner)}`);
  return foreign ? `${bytes(foreign)} went into ${others.join(", ")}.` : "All bytes went where they should.";
}
