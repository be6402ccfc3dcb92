/** Stories of orders: blocks are cut up and merged, and given back as larger than they are. */
import { lost, meet, onTwoLists, range, rangeOf, same, silence, stillListed } from "./telling.js";
import { capital, frameRange } from "../words.js";

export const ORDER_STORIES = [
  {
    id: "there-and-back",
    title: "Pages, there and back",
    intro: "Ask for sixteen pages and give them back. Then the same with four: they take another way.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Order 4 means 2⁴ = 16 frames in a row. Which block do you expect to be cut up for them?",
        say: ([a]) => `You own ${range(a)}. The call returned ${a.returned}, the address of the first byte. `
          + "A large block was halved again and again; the halves that were left over are on the lists now.",
      },
      {
        call: ([a]) => `free_pages(${a.returned}, 4)`,
        ask: "And when they are freed?",
        say: () => "Each half found its buddy free and merged with it, up to the block that was cut up at first. "
          + "Only its type is another: what was Movable at boot stays Unmovable.",
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Four pages. Orders 0 to 3 are served from a list that belongs to this CPU. But it is empty.",
        say: ([, , c], view) => {
          const rest = view.entries.filter((entry) => entry.cpu !== null && entry.order === 2);
          return `You own ${range(c)}. The CPU’s list was filled from the buddy lists with more than one block: ${
            rest.map(rangeOf).join(" and ") || "nothing"} stayed there for the next request.`;
        },
      },
      {
        call: (all) => `free_pages(${all[2].returned}, 2)`,
        ask: "Will the block merge with its buddy again?",
        say: () => "No: it went to the CPU’s list, to be handed out again quickly. Nothing merges there.",
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Which four frames come now?",
        say: (all) => (same(all[2], all[4])
          ? "The same ones: last in, first out. They are probably still in the processor’s cache."
          : `This time ${range(all[4])}.`),
      },
    ],
  },
  {
    id: "wrong-order",
    title: "The article’s bug: wrong order",
    intro: "The article’s two calls, with its orders: allocate with order 2, free with order 3. See what that can do.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Four pages, properly allocated. Watch what lies right behind them.",
        say: ([a], view) => {
          const behind = view.entries.find((entry) => entry.cpu !== null && entry.pfn === a.page.pfn + 4);
          return `You own ${range(a)}. ${behind
            ? `${capital(rangeOf(behind))} wait on this CPU’s list for the next one who asks for four pages.` : ""}`;
        },
      },
      {
        call: ([a]) => `free_pages(${a.returned}, 3)`,
        ask: "The slip: order 3 says eight pages, but only four are ours. Will the kernel stop us?",
        say: ([a, b], view) => `“The kernel trusts itself.” ${silence(b)} ${b.log.length ? ""
          : `It took our word for eight pages. ${onTwoLists(view, a)}`}`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 3)",
        ask: "Somebody asks for eight pages. What do they get?",
        say: ([a, , c], view) => (same(a, c)
          ? `The block that we freed: ${range(c)}. ${stillListed(view, c)}` : `They get ${range(c)}.`),
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "And somebody else asks for four. Which four?",
        say: ([, , c, d]) => twice(c, d),
      },
    ],
  },
  {
    id: "wrong-order-noticed",
    title: "The same slip, noticed",
    intro: "The same slip while somebody uses the four pages behind ours.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Four pages for us.",
        say: ([a]) => `We own ${range(a)}.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "A neighbour asks for four pages too. Where will they lie?",
        say: ([a, b]) => (b.page.pfn === a.page.pfn + 4
          ? `Right behind ours: ${range(b)}.` : `They get ${range(b)}.`),
      },
      {
        call: ([a]) => `free_pages(${a.returned}, 3)`,
        ask: "The same slip as before: order 3, though only four pages are ours. Is it silent again?",
        say: ([a, b, c], view) => (c.log.length
          ? `“Bad page state”: the kernel met frame ${b.page.pfn}, which is in use, and refuses the whole block. ${
            lost(view, a) ? `Our ${range(a)} are lost: on no list, owned by nobody. ` : ""}That was luck: nothing compared the orders.`
          : "Nothing in the log: the frames behind were not in use, so nothing was noticed."),
      },
      {
        call: ([, b]) => `free_pages(${b.returned}, 2)`,
        ask: "The neighbour gives its pages back, with the right order. Did our slip harm it?",
        say: ([, b, , d]) => `${silence(d)} ${capital(range(b))} are on the CPU’s list, as they should be.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Four pages for somebody else. Ours or the neighbour’s?",
        say: ([a, b, , , e], view) => `${same(b, e) ? "The neighbour’s old ones" : "They get"}: ${range(e)}. ${
          lost(view, a) ? "Ours will not be seen again until the machine is booted anew." : ""}`,
      },
    ],
  },
];

function twice(c, d) {
  if (!meet(c, d)) return d.page ? `They get ${range(d)}.` : "Nothing: NULL.";
  const first = Math.max(c.page.pfn, d.page.pfn);
  const end = Math.min(c.page.pfn + 2 ** c.page.order, d.page.pfn + 2 ** d.page.order);
  return `${capital(frameRange(first, end - first))}: handed out twice. #${c.id} and #${d.id} both believe that they `
    + "own them, and each will overwrite the other. Nothing crashed, nothing was printed: that is memory corruption.";
}
