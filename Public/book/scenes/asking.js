/** Scenes of the chapter on asking for pages. */
import { framesOf, newest, said, whichFrames, whichSplit } from "./guessing.js";
import { blockAt } from "../../model.js";
import { frameRange } from "../../words.js";

const waiting = (view, order) => view.entries.filter((entry) => entry.cpu !== null && entry.order === order)
  .map(({ pfn, count }) => frameRange(pfn, count)).join(" and ");

/** The free blocks that were cut off right behind what a call returned. */
const leftOf = ({ page }, view) => {
  const blocks = [];
  let block = blockAt(view.blocks, page.pfn + 2 ** page.order);
  while (block?.state === "free" && block.migratetype === "Unmovable") {
    blocks.push(frameRange(block.pfn, block.count));
    block = blockAt(view.blocks, block.pfn + block.count);
  }
  return blocks.length ? `, ${blocks.join(" and ")},` : "";
};

export const SCENES = [
  {
    id: "split",
    title: "A block is cut up",
    opening: 1,
    intro: "The free frames are in blocks of 1, 2, 4, 8 … frames, with a list for each size and type. Order means: the size is 2 to that power.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 6)",
        ask: "Somebody else comes first, with 64 frames for the kernel.",
        say: ([a], view) => `${said(framesOf(a))}, for somebody else. What the kernel asks for is Unmovable, U in the map, and no list of that type had such a block. So one of the largest Movable blocks, M, was taken over and is U now. What is left of it${leftOf(a, view)} is on the lists of that type.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Sixteen frames in a row.",
        guess: whichSplit("Sixteen frames in a row, for the kernel: type U. Zone Normal has no U block of just 16. Which free block will be cut up?"),
        say: ([, b]) => `${said(framesOf(b))}. The rule: the smallest order whose list of your type has a block. That block was halved, the upper half put on the list of its order, and so on until sixteen were left. The halves are marked.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Sixteen more.",
        guess: whichFrames("Sixteen more. Which block now?", "A block of exactly that size was free, so nothing had to be cut."),
        say: ([, , c]) => `${said(framesOf(c))}: the half that was left over a moment ago.`,
      },
      {
        call: ([, b]) => `free_pages(${b.returned}, 4)`,
        ask: "Give the first sixteen back. Its buddy is the block just handed out.",
        say: ([, b]) => `${said(framesOf(b))} wait alone: a block can only merge with its buddy, and that is in use.`,
      },
    ],
  },
  {
    id: "three-pages",
    title: "Why four pages and not three",
    intro: "You need three pages: 12,288 bytes in a row.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "There is no order for three. Order 2 it is.",
        guess: {
          ask: "Three pages are needed, so order 2 is asked for. How many frames will be yours?", by: "choice",
          choices: () => [["2", "2"], ["3", "3, the rest is given back"], ["4", "4"]],
          truth: (answers) => String(2 ** newest(answers).page.order),
          tell: (truth, answers) => `You own ${truth}: ${said(framesOf(newest(answers))).toLowerCase()}.`,
        },
        say: ([a], view) => `${said(framesOf(a))}. One of them you will not use. ${waiting(view, 2) ? `And the CPU put more of this size on its own list: ${waiting(view, 2)}.` : ""}`,
      },
      {
        call: ([a]) => `split_page(${a.page.struct_page}, 2)`,
        ask: "Could the fourth be given back? First, the block must count as single pages.",
        say: () => "Since this call each of the four frames is counted on its own, and may be freed on its own.",
      },
      {
        call: ([a]) => `free_page(0x${(Number(a.returned) + 3 * 4096).toString(16)})`,
        ask: "Give only the fourth page back.",
        say: ([a, , c], view) => `${c.misuse.length ? "The report calls that a misuse. " : ""}Frame ${a.page.pfn + 3} is free; three frames are left. This is what alloc_pages_exact() does for you. It waits on the CPU’s list of single frames${waiting(view, 0) === frameRange(a.page.pfn + 3, 1) ? ", alone" : ""}.`,
      },
      {
        call: () => "__get_free_page(GFP_KERNEL)",
        ask: "Who gets it?",
        guess: whichFrames("The next one asks for a single page. Which frame will it be?", "Last in, first out: it is probably still in the processor’s cache."),
        say: (all) => `${said(framesOf(all[3]))}, right behind your three.`,
      },
    ],
  },
  {
    id: "too-large",
    title: "When the answer is NULL",
    intro: "Most of this machine’s memory is free. That does not mean that every request can be met.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 9)",
        ask: "Two mebibytes in a row: 512 frames.",
        guess: {
          ask: "512 frames in a row. More than 700 frames of Normal are free. Will it be met?", by: "choice",
          choices: () => [["yes", "Yes"], ["no", "No: NULL"]],
          truth: (answers) => (newest(answers).page ? "yes" : "no"),
          tell: (_, answers) => `It returned ${newest(answers).returned}.`,
        },
        say: ([a]) => (a.page ? `${said(framesOf(a))}.` : "NULL: no list has a block so large. Even 728 in a row are free, but no aligned 512. The kernel also says so in its log."),
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 11)",
        ask: "Order 11 does not exist in Linux 6.1: 10 is the largest.",
        say: ([, b]) => `${b.returned}${b.log.length ? ", with a warning in the log: such a request is a bug of the caller" : ""}.`,
      },
      {
        call: () => "alloc_page(GFP_ATOMIC)",
        ask: "GFP_KERNEL means: I can wait. GFP_ATOMIC means: I cannot, but you may use the reserves.",
        say: ([, , c]) => `${said(framesOf(c))}. While there is plenty, both get the same. Whoever does not check for NULL finds out later.`,
      },
    ],
  },
];
