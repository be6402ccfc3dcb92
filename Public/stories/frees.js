/** Stories of frees: one too many, and what a freed page keeps. */
import { onTwoLists, range, same, silence } from "./telling.js";
import { capital } from "../words.js";

export const FREE_STORIES = [
  {
    id: "double-free",
    title: "Double free",
    intro: "Free the same block twice: once with a single page, once with sixteen.",
    calls: [
      { call: () => "__get_free_page(GFP_KERNEL)", ask: "One page.", say: ([a]) => `It is ${range(a)}.` },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "Give it back.",
        say: () => "The reference count dropped from 1 to 0, so the page is free.",
      },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "And once more. Does the page now appear on a list twice?",
        say: (all) => `The count of the freed page drops below 0, so it is not freed again. ${silence(all[2])}`,
      },
      { call: () => "__get_free_pages(GFP_KERNEL, 4)", ask: "Now sixteen pages.", say: (all) => `They are ${range(all[3])}.` },
      {
        call: (all) => `free_pages(${all[3].returned}, 4)`,
        ask: "Give them back.",
        say: () => "They are on the buddy lists again.",
      },
      {
        call: (all) => `free_pages(${all[3].returned}, 4)`,
        ask: "And once more.",
        say: (all, view) => `${silence(all[5])} The first frame’s count is −1: the kernel concludes that somebody still `
          + `uses that frame, and frees the others. ${onTwoLists(view, all[3])}`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Who pays? Whoever allocates next.",
        say: (all) => (all[6].log.length
          ? "“Bad page state”: the kernel finds the wrong count only now, in a call that did nothing wrong, and skips that block."
          : "This allocation did not meet the damaged block."),
      },
    ],
  },
  {
    id: "double-free-debug",
    title: "Double free, debug kernel",
    intro: "The same on a kernel with its debugging options on.",
    machine: { debug: true },
    calls: [
      { call: () => "__get_free_page(GFP_KERNEL)", ask: "One page.", say: ([a]) => `It is ${range(a)}.` },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "Give it back.",
        say: () => "It is free, as on any kernel.",
      },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "And once more. The other kernel kept silent here.",
        say: (all) => (all[2].halted
          ? "This one checks the reference count before it lowers it, finds 0 and kills the task at once, "
            + "with the culprit still in the call. That is why one develops on a debug kernel."
          : `The machine goes on. ${silence(all[2])}`),
      },
    ],
  },
  {
    id: "dirty-page",
    title: "A dirty page",
    intro: "What is in a page that somebody else used before you? And what does get_zeroed_page() change?",
    calls: [
      { call: () => "__get_free_page(GFP_KERNEL)", ask: "One page for a secret.", say: ([a]) => `It is ${range(a)}.` },
      {
        call: ([a]) => `memset(${a.returned}, 0x5c, 4096)`,
        ask: "Fill it with a pattern: the byte 5c.",
        say: () => "See the bytes under “The chosen block”.",
      },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "Free it. Are the bytes wiped?",
        say: () => "No. A freed page keeps its bytes; wiping costs time that the kernel does not spend.",
      },
      {
        call: () => "__get_free_page(GFP_KERNEL)",
        ask: "Somebody else asks for a page. What will they find in it?",
        say: ([a, , , d]) => (same(a, d)
          ? "The same frame, and the secret is still in it. Handed to user space, that is a leak."
          : `Another frame, ${range(d)}.`),
      },
      {
        call: (all) => `free_page(${all[3].returned})`,
        ask: "Give it back once more.",
        say: () => "Still the same bytes.",
      },
      {
        call: () => "get_zeroed_page(GFP_KERNEL)",
        ask: "Now with get_zeroed_page(). The same frame?",
        say: (all) => `${same(all[0], all[5]) ? "The same frame" : capital(range(all[5]))}, filled with zeros before `
          + "it was handed out. It is still allocated: that is what the report lists as not freed.",
      },
    ],
  },
];
