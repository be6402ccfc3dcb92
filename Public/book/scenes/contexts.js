/** Scenes of the chapter on kmap_atomic and contexts. */
import { HIGH_STORIES } from "../../stories/high.js";
import { extended, newest } from "./guessing.js";
import { requests } from "../../api.js";
import { frameRange } from "../../words.js";

const page = (all, index) => all[0].batch[index].page;
const waits = (ask) => ({
  ask, by: "choice",
  choices: () => [["NULL", "Return NULL"], ["sleeps", "Sleep until a slot is given up"], ["address", "Return an address at once"]],
  truth: (answers) => (newest(answers).blocked ? "sleeps" : newest(answers).returned === "NULL" ? "NULL" : "address"),
  tell: (_, answers) => (newest(answers).blocked ? `Task ${newest(answers).blocked.pid} is asleep in the call.` : `It returned ${newest(answers).returned}.`),
});

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
  }, { opening: 3 }),
  {
    id: "nobody-to-wait-for",
    title: "kmap blocks, kmap_atomic cannot",
    topic: "high",
    opening: 34,
    intro: "All slots of kmap’s pool will be taken. Who can still map a page?",
    calls: [
      {
        call: () => "18 × alloc_page(GFP_HIGHUSER)",
        request: () => requests.batch(Array(18).fill("alloc_page(GFP_HIGHUSER)")),
        ask: "Eighteen pages of high memory.",
        say: (all) => `The last is ${frameRange(page(all, 17).pfn, 1)}.`,
      },
      {
        call: () => "16 × kmap()",
        request: (all) => requests.batch(Array.from({ length: 16 }, (_, index) => `kmap(${page(all, index).struct_page})`)),
        ask: "Others map sixteen of them.",
        say: (_, view) => `All ${view.kmap.slot_count} slots of the pool are in use, by tasks that may keep them for as long as they like.`,
      },
      {
        call: (all) => `kmap_atomic(${page(all, 17).struct_page})`,
        ask: "And now kmap_atomic().",
        guess: waits("The pool is used up. And now kmap_atomic(): what will it do?"),
        say: (all, view) => `${all[2].returned}, in a place that only this CPU uses. It never looked at the pool. preempt_disabled is ${view.context.cpus[0].preempt_disabled ?? 1}: until the mapping is given up no other task can come and want the same place. (preempt_count is ${view.context.cpus[0].preempt_count}: ${Number(view.context.cpus[0].preempt_count) ? "this kernel counts it" : "a plain kernel takes the CPU from no task in kernel code, and so has nothing to count"}.)`,
      },
      { call: (all) => `kunmap_atomic(${all[2].returned})`, ask: "A moment later it is given up.", say: () => "The place is free again, and preemption is on. Nobody had to be asked." },
      {
        call: (all) => `kmap(${page(all, 17).struct_page})`,
        ask: "The same page with kmap().",
        guess: waits("The same page with kmap(): what will that do?"),
        say: (all) => (all[4].blocked ? `Task ${all[4].blocked.pid} sleeps in the call. The slots are everybody’s, so it has to wait for somebody; an interrupt handler could not.` : `${all[4].returned}.`),
      },
      {
        call: (all) => `kunmap(${page(all, 3).struct_page})`,
        ask: "Another task gives its slot up.",
        say: (all) => (all[5].resumed ? `Now the sleeper’s call returns ${all[5].resumed[0].returned}. How long that takes is up to others.` : "Nobody was woken."),
      },
    ],
  },
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
