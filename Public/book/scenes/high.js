/** Scenes of the chapter on high memory. */
import { HIGH_STORIES } from "../../stories/high.js";
import { extended, newest } from "./guessing.js";

const slot = (answers) => newest(answers).mapping?.slot ?? null;

export const SCENES = [
  {
    id: "low-and-high",
    title: "kmap of low and of high memory",
    opening: 1,
    topic: "high",
    intro: "kmap() takes any page. What it does depends on the side of the line on which the page lies.",
    calls: [
      { call: () => "alloc_page(GFP_KERNEL)", ask: "A page of low memory.", say: ([a]) => `Frame ${a.page.pfn}, in zone ${a.page.zone}. It has an address already: ${a.page.address}.` },
      {
        call: ([a]) => `kmap(${a.returned})`,
        ask: "Map it.",
        guess: {
          ask: "Map it. Will kmap() take a slot of its pool?", by: "choice",
          choices: () => [["yes", "Yes"], ["no", "No"]],
          truth: (_, view) => (view.kmap.used > 0 ? "yes" : "no"),
          tell: (_, answers, view) => `${view.kmap.used} slots are in use; it returned ${newest(answers).returned}.`,
        },
        say: ([a, b]) => (b.returned === a.page.address ? `${b.returned}: the address that the page had anyway. Nothing was mapped.` : b.returned),
      },
      { call: () => "alloc_page(GFP_HIGHUSER)", ask: "A page of high memory.", say: (all) => `Frame ${all[2].page.pfn}. It has no address.` },
      {
        call: (all) => `kmap(${all[2].returned})`,
        ask: "Map that one.",
        say: (all, view) => `${all[3].returned}, slot ${slot(all)} of ${view.kmap.slot_count}. An entry of the page tables leads from there to the frame.`,
      },
      {
        call: (all) => `kmap(${all[2].returned})`,
        ask: "And the same page again.",
        guess: {
          ask: "And the same page again. Will it get a second slot?", by: "choice",
          choices: () => [["yes", "Yes, another slot"], ["no", "No, the same address"]],
          truth: (answers) => (newest(answers).returned === answers[3].returned ? "no" : "yes"),
          tell: (_, answers) => `It returned ${newest(answers).returned}.`,
        },
        say: (_, view) => `The same address; the slot’s count is ${Math.max(...view.kmap.counts)}: one more than the number of users.`,
      },
      { call: (all) => `kunmap(${all[2].returned})`, ask: "One user is done.", say: (_, view) => `The count is ${Math.max(...view.kmap.counts)}.` },
      { call: (all) => `kunmap(${all[2].returned})`, ask: "And the other.", say: (_, view) => `The count is ${Math.max(...view.kmap.counts)}: no user, but TLBs may still know the mapping. At 0 it would be free.` },
    ],
  },
  extended(HIGH_STORIES, "pool-runs-out", {
    4: {
      guess: {
        ask: "Map another page. Nobody uses slot 1 now. Which slot will it get?", by: "choice",
        choices: () => [["0", "Slot 0"], ["1", "Slot 1"], ["2", "Slot 2"]],
        truth: (answers) => String(slot(answers)),
        tell: (truth) => `It is slot ${truth}: the search goes on where it stopped.`,
      },
    },
    6: {
      guess: {
        ask: "All slots are in use. One more kmap(): what will it do?", by: "choice",
        choices: () => [["NULL", "Return NULL"], ["sleeps", "Sleep until a slot is given up"], ["address", "Take a slot from somebody"]],
        truth: (answers) => (newest(answers).blocked ? "sleeps" : newest(answers).returned === "NULL" ? "NULL" : "address"),
        tell: (_, answers) => (newest(answers).blocked ? `Task ${newest(answers).blocked.pid} is asleep in the call.` : `It returned ${newest(answers).returned}.`),
      },
    },
  }),
];
