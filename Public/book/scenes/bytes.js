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

const bugOf = ({ log }) => (log.find((line) => /BUG/.test(line)) ?? "").trim();

/** A double kfree as a kernel tells it that checks: what the plain one does is not true of it. */
const NOTICED = {
  2: { say: ([a]) => `The object passed the checks. It is the head of its slab’s own chain: a kernel that checks keeps no list of the CPU. Object ${a.object.index} points to the object that was first before.` },
  3: { say: ([a, b]) => `It passed the checks too. Object ${b.object.index} is the head now and points to object ${a.object.index}.` },
  4: {
    ask: "And the first one once more. This kernel looks first.",
    guess: {
      ask: "And the first one once more. Will this kernel complain?", by: "choice",
      choices: () => [["yes", "Yes"], ["no", "No"]],
      truth: (answers) => (newest(answers).log.length ? "yes" : "no"),
      tell: (_, answers) => (newest(answers).log.length ? `“${bugOf(newest(answers))}”` : "Its log stays empty."),
    },
    say: (all) => (all[4].log.length
      ? `It noticed, and says which: “${all[4].log.find((line) => /^FIX/.test(line)) ?? bugOf(all[4])}”. No ring: each object is on the chain once. But the pointer to the next one had been cut before the check, so the chain ends at object ${all[0].object.index} now.`
      : "The log stays empty."),
  },
  5: { guess: whichObject("Somebody asks for 100 bytes. Which object will it be?") },
  7: {
    ask: "And a third one. On the plain kernel it got the same object as the first.",
    guess: {
      ask: "And a third one. On the plain kernel it got the same object as the first. And here?", by: "choice",
      choices: () => [["same", "The same object too"], ["other", "Another object"], ["halts", "The machine stops"]],
      truth: (all) => (all[7].halted ? "halts" : all[7].returned === all[5].returned ? "same" : "other"),
      tell: (_, all) => (all[7].halted ? "Behind the chain’s cut end there is no object." : `It returned ${all[7].returned}.`),
    },
    say: (all) => (all[7].halted
      ? `“${all[7].halted.oops}”: the call never returned. The free objects behind the cut were lost, and the kernel met the end of the chain where none was expected. Nobody got another’s object, and the report of step 5 came while the culprit was in the call.`
      : `It returned ${all[7].returned}.`),
  },
};

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
  extended(SLAB_STORIES, "double-kfree", NOTICED, {
    id: "double-kfree-debug", title: "Double kfree, debug kernel", machine: { debug: true },
    intro: "The same calls on a kernel that was booted with slub_debug: it looks at every object that comes back.",
  }),
];
