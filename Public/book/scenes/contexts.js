/** Scenes of the chapter on kmap_atomic and contexts. */
import { HIGH_STORIES } from "../../stories/high.js";
import { extended, newest } from "./guessing.js";

const yesNo = [["yes", "Yes"], ["no", "No"]];
const noticed = (ask) => ({
  ask, by: "choice",
  choices: () => yesNo,
  truth: (answers) => (newest(answers).log.length ? "yes" : "no"),
  tell: (truth, answers) => (truth === "yes" ? `Its log says: “${newest(answers).log[0].replace(/ at .*/, "")}”.` : "Its log stays empty."),
});

export const SCENES = [
  extended(HIGH_STORIES, "overwritten", {
    6: {
      guess: {
        ask: "Somebody else maps the second page, with the same type. Which address will they get?", by: "choice",
        choices: () => [["same", "The same one"], ["other", "Another one"]],
        truth: (answers) => (newest(answers).returned === answers[2].returned ? "same" : "other"),
        tell: (_, answers) => `It is ${newest(answers).returned}: a type has one place on each CPU.`,
      },
    },
    8: {
      guess: {
        ask: "They wrote 22 into their page. What does the old pointer read?", by: "choice",
        choices: () => [["11", "11, the old page"], ["22", "22, somebody else’s page"], ["fault", "Nothing: it faults"]],
        truth: (answers) => (newest(answers).returned === null ? "fault" : Number(newest(answers).returned).toString(16).slice(0, 2)),
        tell: (truth) => (truth === "fault" ? "It faults." : `It reads ${truth}.`),
      },
    },
  }),
  extended(HIGH_STORIES, "may-it-sleep", {
    2: { guess: noticed("The handler wants memory and says GFP_KERNEL: I can wait. It cannot. Will this kernel complain?") },
    7: {
      guess: {
        ask: "vmalloc() has no flags, so it cannot be told not to wait. What will happen?", by: "choice",
        choices: () => [["works", "It works, as kmalloc() did"], ["halts", "The machine stops"]],
        truth: (answers) => (newest(answers).halted ? "halts" : "works"),
        tell: (_, answers) => (newest(answers).halted ? `“${newest(answers).halted.oops}”` : `It returned ${newest(answers).returned}.`),
      },
    },
  }),
  extended(HIGH_STORIES, "may-it-sleep-debug", {
    1: { guess: noticed("GFP_KERNEL in an interrupt, on a kernel with debugging options. There is plenty of memory, so nobody would have to wait. Will it complain?") },
  }, { title: "On a debug kernel" }),
];
