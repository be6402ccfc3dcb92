/** Scenes of the chapter on vmalloc and page tables. */
import { VIRTUAL_STORIES } from "../../stories/virtual.js";
import { extended, newest } from "./guessing.js";
import { capital, frameRange, plural } from "../../words.js";
import { requests } from "../../api.js";

const area = (all) => newest(all.filter((answer) => answer.area)).area;
const pieces = ({ physically_contiguous_runs: runs }) => plural(runs, "piece");

export const SCENES = [
  {
    id: "scattered",
    title: "Scattered frames in a row",
    topic: "virtual",
    opening: 12,
    intro: "vmalloc() hands out a row of addresses. What is behind them need not be a row of frames.",
    calls: [
      {
        call: () => "8 × alloc_page(GFP_HIGHUSER)",
        request: () => requests.batch(Array(8).fill("alloc_page(GFP_HIGHUSER)")),
        ask: "Eight frames, one after another.",
        say: ([a]) => `${capital(frameRange(a.batch[0].page.pfn, 8))}, all of them in use.`,
      },
      {
        call: () => "4 × __free_page(every second)",
        request: ([a]) => requests.batch([0, 2, 4, 6].map((index) => `__free_page(${a.batch[index].returned})`)),
        ask: "Give every second one back, so that what is free has holes.",
        say: ([a]) => `Frames ${[0, 2, 4, 6].map((index) => a.batch[index].page.pfn).join(", ")} are free again, and no two of them are neighbours.`,
      },
      {
        call: () => "vmalloc(16384)",
        ask: "Sixteen kibibytes: four pages.",
        guess: {
          ask: "Four pages from vmalloc(). In how many pieces of physical memory will they lie?", by: "choice",
          choices: () => [["1", "In one: 16 KiB in a row"], ["2", "In two"], ["4", "In four"]],
          truth: (answers) => String(newest(answers).area.physically_contiguous_runs),
          tell: (_, answers) => `Frames ${newest(answers).area.pages.map((page) => page.pfn).join(", ")}: ${pieces(newest(answers).area)}.`,
        },
        say: (all) => `${newest(all).returned}, in ${pieces(area(all))}. The bands show which page is which frame. For each, an entry was written into the page tables; look one up below.`,
      },
      {
        call: (all) => `memset(${area(all).address}, 0x5c, 16384)`,
        ask: "Does software notice that the frames are scattered?",
        say: () => "No. The addresses are in a row, and the processor translates each one.",
      },
      {
        call: (all) => `memset(${area(all).guard_page}, 0x5c, 1)`,
        ask: "One byte more, right behind the area.",
        guess: {
          ask: "One byte more, right behind the area. What will it hit?", by: "choice",
          choices: () => [["silent", "Somebody’s memory, silently"], ["fault", "Nothing: the processor faults"]],
          truth: (answers) => (newest(answers).halted ? "fault" : "silent"),
          tell: (_, answers) => (newest(answers).halted ? `“${newest(answers).halted.oops}”` : "The log stayed empty."),
        },
        say: (all) => (newest(all).halted ? "Behind each area one page of addresses is left empty, the guard page: its entry is 0, so the mistake is caught at once. Look “its guard page” up in the page tables below: the walk ends there." : "Nothing happened."),
      },
    ],
  },
  extended(VIRTUAL_STORIES, "device", {
    1: { guess: meant("A buffer from kmalloc(). The device writes 8 KiB from the physical address of its first byte on. Where do the bytes go?") },
    6: { guess: meant("A buffer from vmalloc(), two pages. The driver translates the first byte, and the device writes 8 KiB. Where do they go?") },
  }, { title: "The device" }),
];

function meant(ask) {
  return {
    ask, by: "choice",
    choices: () => [["all", "All into the buffer"], ["some", "Some of them somewhere else"]],
    truth: (answers) => (newest(answers).dma.foreign_bytes ? "some" : "all"),
    tell: (truth, answers) => (truth === "all" ? "The frames are neighbours, so the device’s way and the buffer are the same."
      : `${newest(answers).dma.foreign_bytes.toLocaleString("en")} bytes went into a frame that is not the buffer’s.`),
  };
}
