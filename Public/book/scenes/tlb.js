/** Scenes of the chapter on the TLB. */
import { VIRTUAL_STORIES } from "../../stories/virtual.js";
import { extended, newest } from "./guessing.js";
import { plural } from "../../words.js";

const misses = (answers) => newest(answers).accesses.misses;
const LOADS = 10240;

/** A question how often the TLB will miss. */
const howOften = (ask) => ({
  ask, by: "choice",
  choices: () => [["few", "A few times"], ["pages", "Once for each page, 1,024 times"], ["all", "Nearly every time"]],
  truth: (answers) => (misses(answers) <= 64 ? "few" : misses(answers) <= 2048 ? "pages" : "all"),
  tell: (_, answers) => `It missed ${plural(misses(answers), "time")} in ${LOADS.toLocaleString("en")} loads.`,
});

const yesNo = [["yes", "Yes"], ["no", "No"]];

export const SCENES = [
  extended(VIRTUAL_STORIES, "vmalloc-or-kmalloc", {
    1: {
      guess: {
        ask: "kmalloc() takes large memory from the same lists. 4 MiB and one byte: will it be met?", by: "choice",
        choices: () => yesNo,
        truth: (answers) => (newest(answers).returned === "NULL" ? "no" : "yes"),
        tell: (_, answers) => `It returned ${newest(answers).returned}.`,
      },
    },
    3: { guess: howOften("Load a word from each of the 1,024 pages, ten times over. How often will the TLB not know the address?") },
    4: { guess: howOften("The same loads over vmalloc’s 4 MiB. How often now?") },
    6: {
      guess: {
        ask: "The area was freed. Will a new one get its addresses?", by: "choice",
        choices: () => yesNo,
        truth: (answers) => (newest(answers).returned === answers[2].returned ? "yes" : "no"),
        tell: (_, answers) => `It is at ${newest(answers).returned}; the old one was at ${answers[2].returned}.`,
      },
    },
  }, { title: "The measurement", opening: 1 }),
];
