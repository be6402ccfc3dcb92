/** Scenes of the chapter on page frames, zones and addresses. */
import { framesOf, freeIn, newest, said, whichZone } from "./guessing.js";
import { frameRange, returnedWords } from "../../words.js";

const number = (hex) => Number(hex);

export const SCENES = [
  {
    id: "frames",
    title: "A frame, a zone, an address",
    intro: "This is all the memory of a machine of 4 MiB: 1,024 page frames in three zones. Hatched frames were taken at boot. Choose any block to see its number, its address and its bytes.",
    calls: [
      {
        call: () => "alloc_page(GFP_KERNEL)",
        ask: "The kernel wants a page for itself.",
        guess: whichZone("The kernel wants a page for itself. From which zone will it be?"),
        say: ([a]) => `${said(framesOf(a))}, in zone ${a.page.zone}. What alloc_page() returned, ${a.returned}, is neither the number nor the address of the frame: it is its struct page.`,
      },
      {
        call: ([a]) => `page_address(${a.returned})`,
        ask: "Now the address of the page’s first byte.",
        guess: {
          ask: "Now the address of the page’s first byte. Which of these is it?", by: "choice",
          choices: ([a]) => [
            [a.page.physical_address, a.page.physical_address], [a.page.address, a.page.address], [a.page.struct_page, a.page.struct_page],
          ],
          truth: (answers) => newest(answers).returned,
          tell: (truth, [a]) => `The address is ${truth}. ${a.page.physical_address} is the physical one, and ${a.page.struct_page} is where the struct page lies.`,
        },
        say: ([a, b]) => `${b.returned} = 0xc0000000 + ${a.page.pfn} × 4096. In low memory an address is nothing but an addition.`,
      },
      {
        call: () => "alloc_page(GFP_DMA)",
        ask: "A page for a device that reaches only low addresses.",
        say: (all) => `${said(framesOf(all[2]))}, in zone ${all[2].page.zone}. On a real PC this zone ends at 16 MiB.`,
      },
      {
        call: () => "alloc_page(GFP_HIGHUSER)",
        ask: "A page for a process.",
        guess: whichZone("A page for a process. The kernel itself need not look into it. Which zone is best?"),
        say: (all) => `${said(framesOf(all[3]))}, in zone ${all[3].page.zone}: low memory is scarce, so it is spared.`,
      },
      {
        call: (all) => `page_address(${all[3].returned})`,
        ask: "And its address?",
        guess: {
          ask: "And its address?", by: "choice",
          choices: ([, , , d]) => [
            ["address", `0x${(0xc0000000 + d.page.pfn * 4096).toString(16)}`], ["NULL", "NULL: it has none"],
          ],
          truth: (answers) => (newest(answers).returned === "NULL" ? "NULL" : "address"),
          tell: () => "The addition holds for low memory only.",
        },
        say: (all) => (all[4].returned === "NULL"
          ? `NULL. ${said(framesOf(all[3]))} has a number, a struct page and a physical address, but no address that the kernel could use, until it is mapped.`
          : all[4].returned),
      },
      {
        call: () => "128 × alloc_page(GFP_HIGHUSER)",
        request: () => ({ method: "POST", path: "/calls", body: Array(128).fill({ call: "alloc_page(GFP_HIGHUSER)" }) }),
        ask: "Ask for 128 more such pages. Will the kernel refuse when the zone is used up?",
        guess: {
          ask: "128 more such pages: HighMem has fewer than that. What will the last request get?", by: "choice",
          choices: () => [["NULL", "NULL"], ["Normal", "A page of Normal"], ["DMA", "A page of DMA"]],
          truth: (answers) => newest(answers).batch.at(-1)?.page?.zone ?? "NULL",
          tell: (truth) => (truth === "NULL" ? "The last request got NULL." : `The last page is in zone ${truth}.`),
        },
        say: (all, view) => {
          const last = all[5].batch.at(-1)?.page;
          return `HighMem has ${freeIn(view, "HighMem")} left: its reserve, which is not for such requests. ${last ? `The last page is ${frameRange(last.pfn, 1)} in zone ${last.zone}: ` : ""}a request falls back to the next lower zone, never to a higher one.`;
        },
      },
    ],
  },
  {
    id: "dirty-page",
    title: "What a dirty page leaks",
    intro: "What is in a page that somebody else used before you?",
    calls: [
      { call: () => "__get_free_page(GFP_KERNEL)", ask: "One page for a secret.", say: ([a]) => `It is ${frameRange(a.page.pfn, 1)}, at ${a.returned}.` },
      { call: ([a]) => `memset(${a.returned}, 0x5c, 4000)`, ask: "Write the secret: 4,000 times the byte 5c.", say: () => "The page is nearly full of it." },
      { call: ([a]) => `free_page(${a.returned})`, ask: "Give the page back.", say: () => "The allocator moved it to a list. It did not look into it." },
      { call: () => "__get_free_page(GFP_KERNEL)", ask: "Somebody else asks for a page.", say: (all) => (all[3].returned === all[0].returned ? "It is the same frame." : `It is ${frameRange(all[3].page.pfn, 1)}.`) },
      {
        call: (all) => `load(${all[3].returned}, 4)`,
        ask: "They read the first four bytes.",
        guess: {
          ask: "They read the first four bytes. What do they see?", by: "choice",
          choices: () => [["zeros", "Zeros"], ["secret", "The secret"], ["other", "Something else"]],
          truth: (answers) => seen(newest(answers).returned),
          tell: (_, answers) => `They read ${returnedWords(newest(answers))}.`,
        },
        say: (all) => (seen(all[4].returned) === "secret" ? `${returnedWords(all[4])}: the secret of the owner before. Handed to a process, that is a leak.` : `${returnedWords(all[4])}.`),
      },
      { call: (all) => `free_page(${all[3].returned})`, ask: "Give it back once more.", say: () => "Still the same bytes." },
      { call: () => "get_zeroed_page(GFP_KERNEL)", ask: "Now the call that is made for this.", say: (all) => (all[6].returned === all[0].returned ? "The same frame again." : `It is ${frameRange(all[6].page.pfn, 1)}.`) },
      {
        call: (all) => `load(${all[6].returned}, 4)`,
        ask: "Read again.",
        say: (all) => `${returnedWords(all[7])}. The same as alloc_page(GFP_KERNEL | __GFP_ZERO): one wipes what one hands out, not what one takes back.`,
      },
    ],
  },
];

function seen(returned) {
  if (number(returned) === 0) return "zeros";
  return number(returned) === 0x5c5c5c5c ? "secret" : "other";
}
