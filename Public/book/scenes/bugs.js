/** The bug lab: a dozen pieces of kernel code with one bug each. The report of the machine decides where it is. */
import { lab } from "../../lab.js";
import { faultyLine } from "../../elements/code-listing.js";
import { newest } from "./guessing.js";

const value = (all, index) => all[index].returned;
const plus = (address, bytes) => `0x${(Number(address) + bytes).toString(16)}`;

/** A scene from code and the calls that its lines make: [line, call(answers)]. */
function bug({ id, title, code, calls, cure, ask = "One line is wrong. Which one?", topic = "pages", machine }) {
  return {
    id, title, code, topic, machine, intro: "Read the code first, and choose the line that is wrong. Then run it, line by line.",
    calls: calls.map(([line, call], index) => ({
      line, call, ask: `Run line ${line}.`,
      guess: index > 0 ? undefined : {
        ask, by: "line", isLate: true,
        truth: () => faultyLine(lab.story, lab.view),
        tell: (truth, _, view) => `The report begins with line ${truth}${view.report.misuse.length ? `: ${view.report.misuse[0].code.replaceAll("-", " ")}` : ": never freed"}.`,
      },
      say: (all) => `Line ${line}${spoken(newest(all))}${index === calls.length - 1 ? ` ${cure}` : ""}`,
    })),
  };
}

function spoken({ returned, halted, log }) {
  if (halted) return " does not return: the machine stops.";
  const words = returned === null || returned === undefined ? " returns nothing" : ` returns ${returned}`;
  return `${words}${log.length ? ", and the kernel’s log has something to say" : ""}.`;
}

export const SCENES = [
  bug({
    id: "half", title: "1. Half a block",
    code: ["unsigned long buf = __get_free_pages(GFP_KERNEL, 1);", "memset((void *)buf, 0, 8192);", "free_page(buf);"],
    calls: [[1, () => "__get_free_pages(GFP_KERNEL, 1)"], [2, (all) => `memset(${value(all, 0)}, 0, 8192)`], [3, (all) => `free_page(${value(all, 0)})`]],
    cure: "Two pages were taken and one given back; nobody can free the other any more. The cure: free_pages(buf, 1), with the order of the allocation.",
  }),
  bug({
    id: "error-path", title: "2. The error path", topic: "slabs",
    code: ["char *a = kmalloc(100, GFP_KERNEL);", "char *b = kmalloc(100, GFP_KERNEL);", "kfree(a);", "/* b could not be filled: clean up */", "kfree(b);", "kfree(a);"],
    calls: [[1, () => "kmalloc(100, GFP_KERNEL)"], [2, () => "kmalloc(100, GFP_KERNEL)"], [3, (all) => `kfree(${value(all, 0)})`], [5, (all) => `kfree(${value(all, 1)})`], [6, (all) => `kfree(${value(all, 0)})`]],
    cure: "a is freed twice, and the free list goes round. The cure: set a = NULL after the first kfree(), since kfree(NULL) does nothing; or one exit that frees all in reverse order.",
  }),
  bug({
    id: "too-late", title: "3. One more look", topic: "slabs",
    code: ["char *p = kmalloc(64, GFP_KERNEL);", "memset(p, 0, 64);", "kfree(p);", "memset(p, 1, 8);", "char *q = kmalloc(64, GFP_KERNEL);"],
    calls: [[1, () => "kmalloc(64, GFP_KERNEL)"], [2, (all) => `memset(${value(all, 0)}, 0, 64)`], [3, (all) => `kfree(${value(all, 0)})`], [4, (all) => `memset(${value(all, 0)}, 1, 8)`], [5, () => "kmalloc(64, GFP_KERNEL)"]],
    cure: "Memory was written that belonged to the allocator again. Nothing happens until somebody else owns it. The cure: nothing touches p behind kfree(p).",
  }),
  bug({
    id: "off-by-one", title: "4. The last byte", topic: "slabs",
    code: ["char *name = kmalloc(64, GFP_KERNEL);", "memset(name, 'x', 64);", "name[64] = 0;", "kfree(name);"],
    calls: [[1, () => "kmalloc(64, GFP_KERNEL)"], [2, (all) => `memset(${value(all, 0)}, 0x78, 64)`], [3, (all) => `memset(${plus(value(all, 0), 64)}, 0, 1)`], [4, (all) => `kfree(${value(all, 0)})`]],
    cure: "Byte 64 is the first byte of the neighbour. With kmalloc(60) the byte behind, 60, falls into the rounding and hurts nobody, until the size changes. The cure: kmalloc(65).",
  }),
  bug({
    id: "walking", title: "5. The pointer that walked", topic: "slabs",
    code: ["char *p = kmalloc(64, GFP_KERNEL);", "p += 8;  /* skip the header */", "memset(p, 0, 56);", "kfree(p);", "char *q = kmalloc(64, GFP_KERNEL);"],
    calls: [[1, () => "kmalloc(64, GFP_KERNEL)"], [3, (all) => `memset(${plus(value(all, 0), 8)}, 0, 56)`], [4, (all) => `kfree(${plus(value(all, 0), 8)})`], [5, () => "kmalloc(64, GFP_KERNEL)"]],
    cure: "kfree() got an address in the middle of an object, believed it, and hands it out. The last object overlaps its neighbour now. The cure: keep what kmalloc() returned, and free that.",
  }),
  bug({
    id: "wrong-pair", title: "6. The wrong pair", topic: "virtual",
    code: ["char *table = vmalloc(8192);", "memset(table, 0, 8192);", "kfree(table);"],
    calls: [[1, () => "vmalloc(8192)"], [2, (all) => `memset(${value(all, 0)}, 0, 8192)`], [3, (all) => `kfree(${value(all, 0)})`]],
    cure: "kfree() computes a struct page from the address, which is nonsense for vmalloc’s addresses. The cure: vfree(), or kvmalloc() and kvfree() where it may be either.",
  }),
  bug({
    id: "object-as-page", title: "7. An object is no page", topic: "slabs",
    code: ["unsigned long buf = (unsigned long)kmalloc(100, GFP_KERNEL);", "memset((void *)buf, 0, 100);", "free_page(buf);"],
    calls: [[1, () => "kmalloc(100, GFP_KERNEL)"], [2, (all) => `memset(${value(all, 0)}, 0, 100)`], [3, (all) => `free_page(${value(all, 0)})`]],
    cure: "The page belongs to a slab with many other objects. The cure: each allocator has its own way to free: kfree() for kmalloc(), free_page() for __get_free_page().",
  }),
  bug({
    id: "handler", title: "8. In the handler", topic: "virtual",
    code: ["/* a device’s interrupt: */", "enter_irq();", "char *p = kmalloc(100, GFP_ATOMIC);", "char *log = vmalloc(8192);"],
    calls: [[2, () => "enter_irq()"], [3, () => "kmalloc(100, GFP_ATOMIC)"], [4, () => "vmalloc(8192)"]],
    cure: "vmalloc() may sleep, and a handler must not. The cure: allocate beforehand, in process context; or let a worker do it.",
  }),
  bug({
    id: "can-wait", title: "9. I can wait", topic: "slabs",
    code: ["char *a = kmalloc(100, GFP_KERNEL);", "spin_lock(&my_lock);", "char *b = kmalloc(100, GFP_KERNEL);", "spin_unlock(&my_lock);", "kfree(b);", "kfree(a);"],
    machine: { debug: true },
    calls: [[1, () => "kmalloc(100, GFP_KERNEL)"], [2, () => "spin_lock(my_lock)"], [3, () => "kmalloc(100, GFP_KERNEL)"], [4, () => "spin_unlock(my_lock)"], [5, (all) => `kfree(${value(all, 2)})`], [6, (all) => `kfree(${value(all, 0)})`]],
    cure: "GFP_KERNEL says that it may sleep, under a spin lock. If it did, the next one who wants the lock would spin for ever. The cure: allocate before taking the lock, or GFP_ATOMIC and a check for NULL.",
  }),
  bug({
    id: "forgotten", title: "10. Forgotten", topic: "slabs",
    ask: "One allocation is never given back. Which line makes it?",
    code: ["char *name = kmalloc(40, GFP_KERNEL);", "char *data = kmalloc(2000, GFP_KERNEL);", "unsigned long page = get_zeroed_page(GFP_KERNEL);", "free_page(page);", "kfree(name);", "return 0;"],
    calls: [[1, () => "kmalloc(40, GFP_KERNEL)"], [2, () => "kmalloc(2000, GFP_KERNEL)"], [3, () => "get_zeroed_page(GFP_KERNEL)"], [4, (all) => `free_page(${value(all, 2)})`], [5, (all) => `kfree(${value(all, 0)})`]],
    cure: "data is lost when the function returns: no pointer to it is left. The kernel frees nothing when a function or a module ends. The cure: kfree(data), and a look at /report before you hand your homework in.",
  }),
  bug({
    id: "unloaded", title: "11. Unloaded too soon", topic: "slabs",
    code: ["cache = kmem_cache_create(\"my\", 300, 0, SLAB_HWCACHE_ALIGN, NULL);", "a = kmem_cache_alloc(cache, GFP_KERNEL);", "b = kmem_cache_alloc(cache, GFP_KERNEL);", "kmem_cache_free(cache, a);", "kmem_cache_destroy(cache);"],
    calls: [
      [1, () => "kmem_cache_create(\"my\", 300, 0, SLAB_HWCACHE_ALIGN, NULL)"], [2, (all) => `kmem_cache_alloc(${value(all, 0)}, GFP_KERNEL)`], [3, (all) => `kmem_cache_alloc(${value(all, 0)}, GFP_KERNEL)`],
      [4, (all) => `kmem_cache_free(${value(all, 0)}, ${value(all, 1)})`], [5, (all) => `kmem_cache_destroy(${value(all, 0)})`],
    ],
    cure: "b is still in use, so the cache stays, and the kernel says “Objects remaining”. The cure: free b first.",
  }),
  bug({
    id: "unmapped-twice", title: "12. Unmapped twice", topic: "high",
    code: ["struct page *page = alloc_page(GFP_HIGHUSER);", "void *p = kmap(page);", "memset(p, 0, 4096);", "kunmap(page);", "kunmap(page);"],
    calls: [[1, () => "alloc_page(GFP_HIGHUSER)"], [2, (all) => `kmap(${value(all, 0)})`], [3, (all) => `memset(${value(all, 1)}, 0, 4096)`], [4, (all) => `kunmap(${value(all, 0)})`], [5, (all) => `kunmap(${value(all, 0)})`]],
    cure: "Each kmap() takes one kunmap(). Here the count would fall below that of a slot without users, and the kernel stops: kernel BUG at mm/highmem.c:368. The cure: count them, or use kmap_local_page() in one place.",
  }),
];
