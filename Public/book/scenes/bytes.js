/** Scenes of the chapter on kmalloc and kfree. */
import { SLAB_STORIES } from "../../stories/slabs.js";
import { extended, newest } from "./guessing.js";

const bytesOf = (ask, values) => ({
  ask, by: "choice",
  choices: () => values.map((value) => [String(value), `${value} bytes`]),
  truth: (answers) => String(newest(answers).object?.bytes_alloc ?? "NULL"),
  tell: (truth, answers) => `${newest(answers).object.bytes_req} were asked for and ${truth} were set aside, in ${newest(answers).object.cache}.`,
});

const whichObject = (ask, more = "") => ({
  ask, by: "object",
  truth: (answers) => newest(answers).returned,
  tell: (truth, answers) => `It is ${newest(answers).object ? `object ${newest(answers).object.index}, at ` : ""}${truth}. ${more}`.trim(),
});

export const SCENES = [
  extended(SLAB_STORIES, "rounding", {
    0: { guess: bytesOf("Fifty bytes. How many will be set aside?", [50, 52, 64, 4096]) },
    2: { guess: bytesOf("Sixty-five bytes, one more than an object of the last cache has. How many now?", [65, 72, 96, 128]) },
    5: { guess: whichObject("Forty bytes. Which object will it be?") },
  }, { title: "Rounding up" }),
  extended(SLAB_STORIES, "double-kfree", {
    4: {
      ask: "And the first one once more. Its object lies on the chain already.",
      instead: () => "kmalloc(100, GFP_KERNEL)",
      guess: {
        ask: "And the first one once more: a double free. Will the kernel complain?", by: "choice",
        choices: () => [["yes", "Yes"], ["no", "No"]],
        truth: (answers) => (newest(answers).log.length ? "yes" : "no"),
        tell: (truth) => (truth === "yes" ? "There is a report in its log." : "A plain kernel says nothing. Look at the chain below the slab: it goes round."),
      },
    },
    5: { guess: whichObject("Somebody asks for 100 bytes. Which object will it be?") },
    7: { guess: whichObject("A third one asks. There are plenty of free objects. Which one comes?", "Two callers have the same address.") },
  }),
  extended(SLAB_STORIES, "double-kfree", {}, {
    id: "double-kfree-debug", title: "Double kfree, debug kernel", machine: { debug: true },
    intro: "The same calls on a kernel that was booted with slub_debug: it looks at every object that comes back.",
    calls: SLAB_STORIES.find((one) => one.id === "double-kfree").calls.slice(0, 5).map((call, index) => (index === 4 ? {
      ...call,
      ask: "And the first one once more.",
      guess: {
        ask: "And the first one once more. Will this kernel complain?", by: "choice",
        choices: () => [["yes", "Yes"], ["no", "No"]],
        truth: (answers) => (newest(answers).log.length ? "yes" : "no"),
        tell: (_, answers) => `“${(newest(answers).log.find((line) => /BUG/.test(line)) ?? "").trim()}”`,
      },
      say: (all) => (all[4].log.length ? "Already free, says the report, with the calls that allocated and freed the object. The object stays where it was." : "The log stays empty."),
    } : call)),
  }),
];
