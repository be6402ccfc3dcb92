/** Scenes of the chapter on freeing, merging, and the article's bug. */
import { FREE_STORIES } from "../../stories/frees.js";
import { ORDER_STORIES } from "../../stories/orders.js";
import { blockAt } from "../../model.js";
import { extended, framesOf, newest, said, whichFrames } from "./guessing.js";
import { frameRange } from "../../words.js";

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
  }, { title: "Merging" }),
  extended(ORDER_STORIES, "wrong-order", {
    1: { instead: ([a]) => `free_pages(${a.returned}, 2)` },
    2: {
      guess: whichFrames("Somebody asks for eight pages. Which block will they get?"),
    },
    3: {
      guess: whichFrames("And somebody else asks for four. Which four?"),
      say: (all, view) => `${ORDER_STORIES.find((one) => one.id === "wrong-order").calls[3].say(all, view)} ${owners(all, view)}`,
    },
  }),
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

/** Who claims the frames that two allocations share. */
function owners(all, view) {
  const block = view.blocks.find((one) => one.owners.length > 1);
  return block ? `Ask for frame ${block.pfn}: the machine names ${block.owners.map((one) => `allocation #${one.id}`).join(" and ")}.` : "";
}
