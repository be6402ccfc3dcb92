/**
 * The preset stories, as data, and the small machine that plays them.
 *
 * A story is a list of calls. Each is made only when the reader asks for it, with a question before and a
 * caption after. Captions are functions of the answers and of the machine's state then, so they state what this
 * machine really did.
 */
import { requests } from "./api.js";
import { overlap } from "./model.js";
import { capital, frameRange, plural } from "./words.js";

const range = (answer) => frameRange(answer.page.pfn, 2 ** answer.page.order);
const rangeOf = ({ pfn, count }) => frameRange(pfn, count);
const same = (a, b) => a.page && b.page && a.page.pfn === b.page.pfn;
const meet = (a, b) => a.page && b.page
  && a.page.pfn < b.page.pfn + 2 ** b.page.order && b.page.pfn < a.page.pfn + 2 ** a.page.order;
const silence = (answer) => (answer.log.length ? "The kernel complains in its log." : "The kernel’s log stays empty.");

/** The stretches of frames from the first one of `answer` on, of up to 16, for which `test` holds. */
function stretches(view, answer, test) {
  const near = { pfn: answer.page.pfn, count: 16 };
  const found = [];
  for (const block of view.blocks.filter((one) => overlap(one, near) && test(one))) {
    const last = found[found.length - 1];
    if (last && last.pfn + last.count === block.pfn) last.count += block.count;
    else found.push({ pfn: block.pfn, count: block.count });
  }
  return found;
}

const lost = (view, answer) => stretches(view, answer, (block) => block.state === "lost").length > 0;

function onTwoLists(view, answer) {
  const found = stretches(view, answer, (block) => block.lists.length > 1);
  return found.length ? `${capital(found.map(rangeOf).join(" and "))} are on two lists at once now.` : "";
}

function stillListed(view, answer) {
  const found = stretches(view, answer, (block) => block.owners.length && block.lists.length);
  return found.length ? `${capital(found.map(rangeOf).join(" and "))} still wait on another list.` : "";
}

export const STORIES = [
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
    intro: "The article’s code, word for word: allocate with order 2, free with order 3. See what that can do.",
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
        say: (all, view) => `${silence(all[5])} The first frame’s count is −1: the kernel concludes that somebody still `
          + `uses that frame, and frees the others. ${onTwoLists(view, all[3])}`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 4)",
        ask: "Who pays? Whoever allocates next.",
        say: (all) => (all[6].log.length
          ? "“Bad page state”: the kernel finds the wrong count only now, in a call that did nothing wrong, and skips that block."
          : "This allocation did not meet the damaged block."),
      },
    ],
  },
  {
    id: "double-free-debug",
    title: "Double free, debug kernel",
    intro: "The same on a kernel with its debugging options on.",
    machine: { debug: true },
    calls: [
      { call: () => "__get_free_page(GFP_KERNEL)", ask: "One page.", say: ([a]) => `It is ${range(a)}.` },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "Give it back.",
        say: () => "It is free, as on any kernel.",
      },
      {
        call: ([a]) => `free_page(${a.returned})`,
        ask: "And once more. The other kernel kept silent here.",
        say: (all) => (all[2].halted
          ? "This one checks the reference count before it lowers it, finds 0 and stops the whole machine at once, "
            + "with the culprit still in the call. That is why one develops on a debug kernel."
          : `The machine goes on. ${silence(all[2])}`),
      },
    ],
  },
  {
    id: "dirty-page",
    title: "A dirty page",
    intro: "What is in a page that somebody else used before you? And what does get_zeroed_page() change?",
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
  {
    id: "rounding",
    title: "kmalloc rounds up",
    topic: "slabs",
    intro: "Bytes instead of pages. kmalloc() takes them from caches of objects of a few fixed sizes.",
    calls: [
      {
        call: () => "kmalloc(50, GFP_KERNEL)",
        ask: "Fifty bytes. How many will be set aside?",
        say: ([a], view) => `${spent(a)} They lie in a new slab: ${plural(cacheOf(view, a)?.objects_per_slab ?? 0, "object")} of this size, cut from one stretch of pages.`,
      },
      {
        call: () => "kmalloc(64, GFP_KERNEL)",
        ask: "Sixty-four bytes. The same cache? Which object?",
        say: ([a, b]) => `${spent(b)} ${Number(b.returned) - Number(a.returned) === a.object.bytes_alloc
          ? "It is the object right behind the first: no page was needed, no lock taken." : ""}`,
      },
      {
        call: () => "kmalloc(65, GFP_KERNEL)",
        ask: "One byte more.",
        say: ([, , c]) => `${spent(c)} Powers of two alone would waste up to half; that is why there are 96 and 192 too.`,
      },
      {
        call: ([a]) => `ksize(${a.returned})`,
        ask: "How large is the first one really?",
        say: ([a, , , d]) => `ksize() says ${d.returned}, though ${a.object.bytes_req} were asked for.`,
      },
      {
        call: ([a]) => `kfree(${a.returned})`,
        ask: "Free the first one. Unlike free_pages(), kfree() is told no size. How does it know?",
        say: () => "From the page: its struct page says which slab and which cache it belongs to. The object is the next one to be handed out.",
      },
      {
        call: () => "kmalloc(40, GFP_KERNEL)",
        ask: "Forty bytes. Which object?",
        say: (all) => `${all[5].returned === all[0].returned ? "The one just freed: last in, first out." : ""} ${spent(all[5])}`,
      },
      {
        call: () => "kmalloc(8193, GFP_KERNEL)",
        ask: "The largest cache has objects of 8192 bytes. What about one byte more?",
        say: (all) => `${spent(all[6])} Better ask for pages yourself, or use vmalloc().`,
      },
    ],
  },
  {
    id: "double-kfree",
    title: "Double kfree",
    topic: "slabs",
    intro: "Free an object twice. Each free object holds the pointer to the next free one. Watch that chain.",
    calls: [
      { call: () => "kmalloc(100, GFP_KERNEL)", ask: "One object.", say: ([a]) => spent(a) },
      { call: () => "kmalloc(100, GFP_KERNEL)", ask: "And a second one.", say: ([, b]) => spent(b) },
      {
        call: ([a]) => `kfree(${a.returned})`,
        ask: "Give the first one back.",
        say: ([a]) => `Object ${a.object.index} is the head of the CPU’s free list. It points to the object that was first before.`,
      },
      {
        call: ([, b]) => `kfree(${b.returned})`,
        ask: "Give the second one back.",
        say: ([a, b]) => `Object ${b.object.index} is the head now and points to object ${a.object.index}.`,
      },
      {
        call: ([a]) => `kfree(${a.returned})`,
        ask: "And the first one once more. The kernel only looks whether it is the head of the list. It is not.",
        say: (all) => `${silence(all[4])} Object ${all[0].object.index} is the head again and points to object ${
          all[1].object.index}, which points to object ${all[0].object.index}: the chain goes round.`,
      },
      { call: () => "kmalloc(100, GFP_KERNEL)", ask: "Somebody asks for 100 bytes.", say: (all) => `They get ${place(all[5])}.` },
      { call: () => "kmalloc(100, GFP_KERNEL)", ask: "Somebody else too.", say: (all) => `They get ${place(all[6])}.` },
      {
        call: () => "kmalloc(100, GFP_KERNEL)",
        ask: "And a third one. There are plenty of free objects. Which one comes?",
        say: (all) => (all[7].returned === all[5].returned
          ? `${capital(place(all[7]))}: the same object as #${all[5].id} has. Both will write into it, and neither will know why its data changes.`
          : `They get ${place(all[7])}.`),
      },
    ],
  },
  {
    id: "own-cache",
    title: "A cache of one’s own",
    topic: "slabs",
    intro: "Who needs many objects of one kind makes a cache for them, as the article does for a driver’s structures.",
    calls: [
      {
        call: () => "kmem_cache_create(\"my_struct\", 300, 0, SLAB_HWCACHE_ALIGN, NULL)",
        ask: "Structures of 300 bytes, each to start at a cache line. kmalloc() would round them up to 512.",
        say: ([a]) => (a.cache
          ? `The cache is there: ${a.cache.size} bytes from one object to the next, ${a.cache.objects_per_slab} to a slab. No slab yet.` : "It could not be made."),
      },
      {
        call: ([a]) => `kmem_cache_alloc(${a.returned}, GFP_KERNEL)`,
        ask: "The first object brings the first slab.",
        say: (all) => spent(all[1]),
      },
      {
        call: ([a]) => `kmem_cache_alloc(${a.returned}, GFP_KERNEL)`,
        ask: "And another one.",
        say: (all) => `${spent(all[2])} The bytes at the end of the slab are too few for an object.`,
      },
      {
        call: ([a]) => `kmem_cache_destroy(${a.returned})`,
        ask: "The driver is unloaded, but it forgot its two objects. Can the cache go?",
        say: (all) => `${silence(all[3])} A cache with objects in use stays behind.`,
      },
    ],
  },
];

const cacheOf = (view, answer) => view.caches.find((cache) => cache.name === answer.object?.cache);
const place = (answer) => (answer.object ? `object ${answer.object.index} of the slab at frame ${answer.object.pfn}` : "NULL");

/** What an allocation of bytes asked for and what it took. */
function spent({ object }) {
  if (!object) return "Nothing: NULL.";
  const lost = object.bytes_alloc - object.bytes_req;
  const where = object.cache === null ? `whole pages, ${frameRange(object.pfn, 2 ** object.order)}` : `an object of ${object.cache}`;
  return `${plural(object.bytes_req, "byte")} asked for, ${object.bytes_alloc.toLocaleString("en")} allocated: ${where}. ${
    lost ? `${plural(lost, "byte")} are lost to rounding.` : "Nothing is lost."}`;
}

function twice(c, d) {
  if (!meet(c, d)) return d.page ? `They get ${range(d)}.` : "Nothing: NULL.";
  const first = Math.max(c.page.pfn, d.page.pfn);
  const end = Math.min(c.page.pfn + 2 ** c.page.order, d.page.pfn + 2 ** d.page.order);
  return `${capital(frameRange(first, end - first))}: handed out twice. #${c.id} and #${d.id} both believe that they `
    + "own them, and each will overwrite the other. Nothing crashed, nothing was printed: that is memory corruption.";
}

/** A story being played on a machine. */
export class Story {
  answers = [];
  captions = new Map();
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
    this.answers = [...this.answers, answer];
    this.captions.set(answer.step, part.say(this.answers, lab.view).trim());
    lab.tellStory(this);
  }
}
