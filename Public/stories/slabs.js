/** Stories of objects and caches. */
import { silence } from "./telling.js";
import { capital, frameRange, plural } from "../words.js";

export const SLAB_STORIES = [
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
        ask: "And the first one once more. The kernel does not look whether it is on the list already.",
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
    intro: "Who needs many objects of one kind makes a cache for them, and needs no free list of their own.",
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
