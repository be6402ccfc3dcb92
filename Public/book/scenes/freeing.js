/** Scenes of the chapter on freeing, merging, and the article's bug. */
import { FREE_STORIES } from "../../stories/frees.js";
import { ORDER_STORIES } from "../../stories/orders.js";
import { blockAt } from "../../model.js";
import { extended, framesOf, newest, said, whichFrames } from "./guessing.js";
import { frameRange } from "../../words.js";
import { requests } from "../../api.js";

/** The frame that the real kernel gave to two callers, when it was recorded. */
const FRAME = 5248;
const yesNo = (yes, no) => [["yes", yes], ["no", no]];

export const SCENES = [
  extended(ORDER_STORIES, "there-and-back", {
    1: {
      guess: {
        ask: "Give the sixteen back. Will the halves that were cut off find together again?", by: "choice",
        choices: () => yesNo("Yes, they merge", "No, they stay apart"),
        truth: (answers, view) => (blockAt(view.blocks, answers[0].page.pfn).count > 16 ? "yes" : "no"),
        tell: (_, answers, view) => {
          const block = blockAt(view.blocks, answers[0].page.pfn);
          return `They are part of one free block now: ${frameRange(block.pfn, block.count)}.`;
        },
      },
    },
    3: {
      guess: {
        ask: "Give the four back. Will they merge with their buddy?", by: "choice",
        choices: () => yesNo("Yes, they merge", "No, they stay apart"),
        truth: (answers, view) => (blockAt(view.blocks, answers[2].page.pfn).count > 4 ? "yes" : "no"),
        tell: (_, answers) => `${said(framesOf(answers[2]))} are on the CPU’s own list, where nothing merges.`,
      },
    },
    4: { guess: whichFrames("Four pages once more. Which ones?") },
  }, { title: "Merging", opening: 1 }),
  extended(ORDER_STORIES, "wrong-order", {
    1: { instead: ([a]) => `free_pages(${a.returned}, 2)` },
    2: {
      guess: whichFrames("Somebody asks for eight pages. Which block will they get?"),
    },
    3: {
      guess: whichFrames("And somebody else asks for four. Which four?"),
      say: (all, view) => `${ORDER_STORIES.find((one) => one.id === "wrong-order").calls[3].say(all, view)} ${owners(view)}`,
    },
  }),
  {
    id: "frame-5248",
    title: "Who owns frame 5248?",
    topic: "pages",
    machine: { machine: "i386", memory: "512M" },
    opening: 31,
    intro: "A PC with 512 MiB, like the one on which a real Linux 6.1 was watched doing this.",
    calls: [
      {
        call: () => "31 × __get_free_pages(GFP_KERNEL, 2)",
        request: () => requests.batch(Array(31).fill("__get_free_pages(GFP_KERNEL, 2)")),
        ask: "Some life before us: others hold blocks of four.",
        say: (all) => `The last one is ${frameRange(all[0].page.pfn, 4)}. Now it is our turn.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "The article’s first line: four pages.",
        guess: whichFrames("The article’s first line: four pages. Which frames will it get?"),
        say: (all) => `${said(framesOf(all[1]))}. The next one, ${frameRange(all[1].page.pfn + 4, 1)}, is not ours: it waits on a list of the CPU.`,
      },
      {
        call: (all) => `free_pages(${all[1].returned}, 3)`,
        ask: "And its last line: order 3. Eight frames, from ours on.",
        instead: (all) => `free_pages(${all[1].returned}, 2)`,
        say: (all) => `Frames ${all[1].page.pfn}–${all[1].page.pfn + 7} were taken back, though four of them were never handed out. ${all[2].log.length ? "The log has something to say." : "The log is empty."}`,
      },
      { call: () => "__get_free_pages(GFP_KERNEL, 3)", ask: "Somebody needs eight pages.", say: (all) => `${said(framesOf(all[3]))}, by the rules.` },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "And somebody else needs four.",
        guess: {
          ask: "And somebody else needs four. Afterwards, who owns frame 5248?", by: "choice",
          choices: () => [["none", "Nobody: it is still free"], ["eight", "The one with eight pages"], ["four", "The one with four"], ["both", "Both"]],
          truth: (all, view) => {
            const ids = blockAt(view.blocks, FRAME).owners.map((owner) => owner.id);
            return ids.length > 1 ? "both" : ids.length === 0 ? "none" : ids[0] === all[3].page.id ? "eight" : "four";
          },
          tell: (_, all, view) => owners(view, FRAME) || `Frame ${FRAME} has one owner at most.`,
        },
        say: (all, view) => `${said(framesOf(all[4]))}. ${owners(view, FRAME)} The recorded kernel’s last four calls got the same frames.`,
      },
    ],
  },
  extended(ORDER_STORIES, "wrong-order-noticed", {
    2: {
      guess: {
        ask: "The same slip: order 3, though only four pages are ours. Will the kernel notice this time?", by: "choice",
        choices: () => yesNo("Yes", "No"),
        truth: (answers) => (newest(answers).log.length ? "yes" : "no"),
        tell: (_, answers) => (newest(answers).log.length ? "It says “Bad page state”: the frames behind are in use." : "The log stayed empty."),
      },
    },
  }),
  extended(FREE_STORIES, "double-free", {
    2: {
      guess: {
        ask: "And once more. Is the page now on a list twice?", by: "choice",
        choices: () => yesNo("Yes", "No"),
        truth: (answers, view) => (view.entries.filter((entry) => entry.pfn === answers[0].page.pfn).length > 1 ? "yes" : "no"),
        tell: (_, answers) => `Its reference count was 0 already and is −1 now, so ${frameRange(answers[0].page.pfn, 1)} was not freed again.`,
      },
    },
  }, { title: "Freed twice" }),
];

/** Who claims the frames that two allocations share: those at `pfn`, or the first ones. */
function owners(view, pfn = null) {
  const block = pfn === null ? view.blocks.find((one) => one.owners.length > 1) : blockAt(view.blocks, pfn);
  return block?.owners.length > 1 ? `Ask for frame ${pfn ?? block.pfn}: the machine names ${block.owners.map((one) => `allocation #${one.id}`).join(" and ")}.` : "";
}
