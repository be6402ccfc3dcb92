/**
 * The preset stories, as data, and the small machine that plays them.
 *
 * A story is a list of calls. Each is made only when the reader asks for it, with a question before and a
 * caption after. Captions are functions of the answers, so they state what this machine really did.
 */
import { requests } from "./api.js";
import { capital, frameRange } from "./words.js";

const range = (answer) => frameRange(answer.page.pfn, 2 ** answer.page.order);
const same = (a, b) => a.page && b.page && a.page.pfn === b.page.pfn;
const meet = (a, b) => a.page && b.page
  && a.page.pfn < b.page.pfn + 2 ** b.page.order && b.page.pfn < a.page.pfn + 2 ** a.page.order;
const silence = (answer) => (answer.log.length ? "The kernel complains in its log." : "The kernel’s log stays empty.");

export const STORIES = [
  {
    id: "four-pages",
    title: "Four pages, there and back",
    intro: "Ask for four pages, give them back, ask again. Then the same with sixteen.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Order 2 means 2² = 4 frames in a row. Which block do you expect to be cut up for them?",
        say: ([a]) => `You own ${range(a)}. The call returned ${a.returned}, the address of the first byte.`,
      },
      {
        call: ([a]) => `free_pages(${a.returned}, 2)`,
        ask: "Will the block merge with its buddy again?",
        say: () => "No: orders 0 to 3 go to a list that belongs to this CPU, to be handed out again quickly.",
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Which four frames come now?",
        say: ([a, , b]) => (same(a, b)
          ? "The same ones: last in, first out. They are probably still in the processor’s cache."
          : `This time ${range(b)}.`),
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Order 4 is too large for the per-CPU lists. What has to be split?",
        say: (all) => `${capital(range(all[3]))} came from the buddy lists: a larger block was halved until it fitted.`,
      },
      {
        call: (all) => `free_pages(${all[3].returned}, 4)`,
        ask: "And when they are freed?",
        say: () => "Now the halves find their buddies free and merge: the lists look as before the allocation.",
      },
    ],
  },
  {
    id: "wrong-order",
    title: "The article’s bug: wrong order",
    intro: "The article’s example code allocates with order 2 and frees with order 3. See what that can do.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Four pages, properly allocated. So far so good.",
        say: ([a]) => `allocated_pages = ${a.returned}: ${range(a)}.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "A neighbour asks for four pages too. Where will they lie?",
        say: ([a, b]) => (b.page && b.page.pfn === a.page.pfn + 4
          ? `Right behind ours: ${range(b)}, the other half of the block of eight.` : `They get ${range(b)}.`),
      },
      {
        call: ([, b]) => `free_pages(${b.returned}, 2)`,
        ask: "The neighbour gives its pages back, with the right order.",
        say: ([, b]) => `${capital(range(b))} wait on this CPU’s list for the next one who asks for four pages.`,
      },
      {
        call: ([a]) => `free_pages(${a.returned}, 3)`,
        ask: "Now the slip: order 3 says eight pages, but only four are ours. Will the kernel stop us?",
        say: (all) => `“The kernel trusts itself.” ${silence(all[3])} ${all[3].log.length ? ""
          : "It took our word for eight pages, so the upper four are on two lists now."}`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 3)",
        ask: "Somebody asks for eight pages. What do they get?",
        say: (all) => (same(all[0], all[4])
          ? "The block that we freed, with four frames that wait on another list at the same time."
          : `They get ${range(all[4])}.`),
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "And somebody else asks for four. Which four?",
        say: (all) => twice(all[4], all[5]),
        until: (all) => meet(all[4], all[5]),
        most: 8,
      },
    ],
  },
  {
    id: "wrong-order-noticed",
    title: "The same slip, noticed",
    intro: "The article’s code word for word, on a machine that was just booted.",
    calls: [
      {
        call: () => "__get_free_pages(GFP_KERNEL, 2)",
        ask: "Four pages again. This time nobody asks for the four behind them: look where those are.",
        say: ([a]) => `You own ${range(a)}. The four frames behind them are the first of a free list.`,
      },
      {
        call: ([a]) => `free_pages(${a.returned}, 3)`,
        ask: "The same slip. Does it go unnoticed again?",
        say: ([, b]) => (b.log.length
          ? "“Bad page state”: among the eight pages the kernel met some that are marked as free already. It refuses the whole "
            + "block, so our four frames are lost until the machine is booted again. Luck decided, not a check of the order."
          : "Nothing in the log: here the frames behind were not marked, so nothing was noticed."),
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 3)",
        ask: "Eight pages for somebody else?",
        say: ([a, , c]) => (meet(a, c) ? `They get ${range(c)}, our old frames among them.`
          : `They get ${range(c)}. Our old frames will not be seen again.`),
      },
    ],
  },
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
        say: (all) => `${silence(all[5])} But a free block with a reference count of −1 lies on a list now.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Who pays? Whoever allocates next.",
        say: (all) => (all[6].log.length
          ? "“Bad page state”: the kernel finds the damage only now, in a call that did nothing wrong."
          : "This allocation did not meet the damaged block."),
        until: (all) => all[6].log.length > 0,
        most: 6,
      },
    ],
  },
  {
    id: "dirty-page",
    title: "A dirty page and get_zeroed_page()",
    intro: "What is in a page that somebody else used before you?",
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

function twice(c, d) {
  if (!meet(c, d)) return d.page ? `Not yet: they get ${range(d)}. Ask again.` : "Nothing: NULL.";
  const first = Math.max(c.page.pfn, d.page.pfn);
  const end = Math.min(c.page.pfn + 2 ** c.page.order, d.page.pfn + 2 ** d.page.order);
  return `${capital(frameRange(first, end - first))}: handed out twice. #${c.id} and #${d.id} both believe that they `
    + "own them, and each will overwrite the other. Nothing crashed, nothing was printed: that is memory corruption.";
}

/** A story being played on a machine. */
export class Story {
  answers = [];
  captions = new Map();
  #tries = 0;
  #turn = Promise.resolve();

  constructor(definition) {
    this.definition = definition;
    this.captions.set(0, definition.intro);
  }

  /** The call that comes next, or null at the end. */
  get next() {
    const part = this.definition.calls[this.answers.length];
    return part ? { text: part.call(this.answers), ask: part.ask } : null;
  }

  get place() {
    return `${this.answers.length} of ${this.definition.calls.length}`;
  }

  /** Makes the next call on the machine of `lab`; a second click waits for the first. */
  advance(lab) {
    this.#turn = this.#turn.then(() => this.#advance(lab));
    return this.#turn;
  }

  async #advance(lab) {
    const next = this.next;
    if (!next) return;
    const answer = await lab.perform(requests.call(next.text));
    if (!answer || lab.story !== this) return;
    const part = this.definition.calls[this.answers.length];
    const answers = [...this.answers, answer];
    this.captions.set(answer.step, part.say(answers));
    this.#tries += 1;
    if (!part.until || part.until(answers) || this.#tries >= part.most) {
      this.answers = answers;
      this.#tries = 0;
    }
    lab.tellStory(this);
  }
}
