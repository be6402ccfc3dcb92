/** Scenes of the chapter on the slab layer. */
import { requests } from "../../api.js";
import { SLAB_STORIES } from "../../stories/slabs.js";
import { extended, newest } from "./guessing.js";
import { plural } from "../../words.js";

const SIZE = 8000;
const MANY = 440;
const got = (answer) => answer.batch.map((one) => one.returned).filter((returned) => returned !== "NULL");
const isServed = (ask) => ({
  ask, by: "choice",
  choices: () => [["yes", "Yes"], ["no", "No: NULL"]],
  truth: (answers) => (newest(answers).returned === "NULL" ? "no" : "yes"),
  tell: (_, answers) => `It returned ${newest(answers).returned}.`,
});
const freeFrames = (view) => plural(view.zones.reduce((sum, zone) => sum + zone.free_pages, 0), "free frame");

export const SCENES = [
  {
    id: "home-made",
    title: "A home-made free list",
    opening: 1 + MANY,
    topic: "slabs",
    intro: "A driver keeps the structures that it does not need at the moment on a list of its own, as everybody did before there was a slab layer.",
    calls: [
      { call: () => `free_list_create("mine", ${SIZE})`, ask: "The list, for structures of 8,000 bytes.", say: () => "It is empty." },
      {
        call: () => `${MANY} × free_list_get(1)`,
        request: () => requests.batch(Array(MANY).fill("free_list_get(1, GFP_KERNEL|__GFP_NOWARN)")),
        ask: "A busy hour: the driver needs as many as it can get.",
        say: (all, view) => `${got(all[1]).length} structures. The list had none, so kmalloc() made them. ${freeFrames(view)} are left.`,
      },
      {
        call: () => "free_list_put(1, each)",
        request: (all) => requests.batch(got(all[1]).map((address) => `free_list_put(1, ${address})`)),
        ask: "The hour is over. All of them are put on the list.",
        say: (all, view) => `They are on the list, ready to be taken again without any work. And ${freeFrames(view)} are left, as before.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 3)",
        ask: "Somebody else needs eight pages.",
        guess: isServed("Somebody else needs eight pages. Nobody uses the driver’s structures. Will the request be met?"),
        say: (all) => (newest(all).page ? `Yes, from what was left: frames from ${newest(all).page.pfn} on.` : "NULL. What is free is high memory, which will not do here, and the last reserves. The kernel looked for something to take back, but it does not know the driver’s list: to the kernel, these structures are in use."),
      },
      {
        call: () => "drop_slab()",
        ask: "Ask every cache to give back what it does not need.",
        say: (all) => `${plural(newest(all).returned ?? 0, "object")} were given back. There is nobody to ask.`,
      },
    ],
  },
  {
    id: "cache-shrinks",
    title: "The same with a cache",
    topic: "slabs",
    intro: "The same driver with a cache of the slab layer, and a shrinker: a function that the kernel may call when memory is short.",
    calls: [
      { call: () => `kmem_cache_create("mine", ${SIZE}, 0, SLAB_RECLAIM_ACCOUNT, NULL)`, ask: "The cache.", say: ([a]) => `${a.cache.objects_per_slab} objects to a slab of ${plural(2 ** a.cache.order, "page")}.` },
      { call: () => "register_shrinker(mine)", ask: "And the shrinker.", say: () => "Now the kernel knows whom to ask." },
      {
        call: () => `${MANY} × kmem_cache_alloc(mine)`,
        request: () => requests.batch(Array(MANY).fill("kmem_cache_alloc(mine, GFP_KERNEL|__GFP_NOWARN)")),
        ask: "The busy hour.",
        say: (all, view) => `${got(all[2]).length} objects. ${freeFrames(view)} are left.`,
      },
      {
        call: () => "list_lru_add(mine, each)",
        request: (all) => requests.batch(got(all[2]).map((object) => `list_lru_add(mine, ${object})`)),
        ask: "It is over: each object is marked as not needed. It is kept all the same, and can be had again at once.",
        say: (all, view) => `All are marked. ${freeFrames(view)} are left: nothing was given back yet, and nothing had to be.`,
      },
      {
        call: () => "__get_free_pages(GFP_KERNEL, 3)",
        ask: "Somebody else needs eight pages.",
        guess: isServed("Somebody else needs eight pages. Will the request be met this time?"),
        say: (all, view) => (newest(all).page ? `Yes: frames from ${newest(all).page.pfn} on. The kernel called the shrinker, which gave the oldest objects up; ${freeFrames(view)} are left.` : "NULL."),
      },
      {
        call: () => "drop_slab()",
        ask: "And everything that is not needed?",
        say: (all, view) => `${plural(newest(all).returned, "object")} were given back, and ${freeFrames(view)} are there.`,
      },
    ],
  },
  extended(SLAB_STORIES, "own-cache", {
    3: {
      guess: {
        ask: "The driver is unloaded, but it forgot its two objects. Can the cache be destroyed?", by: "choice",
        choices: () => [["yes", "Yes, with the objects"], ["no", "No"]],
        truth: (_, view) => (view.caches.some((cache) => cache.name === "my_struct") ? "no" : "yes"),
        tell: (truth, answers) => (truth === "no" ? `It is still there, and the log says: “${(newest(answers).log.find((line) => /BUG/.test(line)) ?? "").trim()}”.` : "It is gone."),
      },
    },
  }),
  {
    id: "two-cpus",
    title: "Each CPU its own slab",
    topic: "slabs",
    machine: { cpus: 2 },
    intro: "Two processors, and one cache for both. Do they have to queue?",
    calls: [
      { call: () => "kmalloc(200, GFP_KERNEL)", ask: "CPU 0 takes an object.", say: ([a]) => `From the slab at frame ${a.object.pfn}.` },
      { call: () => "run_on_cpu(1)", ask: "The next call runs on CPU 1.", say: () => "Nothing moved." },
      {
        call: () => "kmalloc(200, GFP_KERNEL)",
        ask: "CPU 1 takes an object.",
        guess: {
          ask: "CPU 1 takes an object of the same cache. From which slab?", by: "choice",
          choices: () => [["same", "From the same one: it has plenty left"], ["own", "From a slab of its own"]],
          truth: (answers) => (newest(answers).object.pfn === answers[0].object.pfn ? "same" : "own"),
          tell: (_, answers) => `From the slab at frame ${newest(answers).object.pfn}.`,
        },
        say: () => "A second slab was made. So neither CPU needs a lock, and neither disturbs the other’s cache lines.",
      },
      {
        call: ([a]) => `kfree(${a.returned})`,
        ask: "CPU 1 frees the object of CPU 0.",
        say: () => "It goes back to its own slab, on a list beside the one that CPU 0 takes from. CPU 0 will fetch it when its own list is empty.",
      },
    ],
  },
];
