/** Stories of high memory, and of what may sleep where. */
import { requests } from "../api.js";
import { silence } from "./telling.js";
import { frameRange } from "../words.js";

const page = (all, index) => all[0].batch[index].page;
const kmap = (all, index) => `kmap(${page(all, index).struct_page})`;
const frame = (answer) => frameRange(answer.page.pfn, 1);
const byte = ({ returned }) => (returned === null ? "Nothing" : `The bytes ${Number(returned).toString(16)}`);
const taken = (answer) => (answer.object ? `It returned ${answer.returned}` : "It returned NULL");
const recorded = (answer) => `${silence(answer)}${answer.misuse.length ? " The report has it as a misuse." : ""}`;
const count = (view) => view.context.cpus[0].preempt_count;

export const HIGH_STORIES = [
  {
    id: "pool-runs-out",
    title: "kmap’s pool runs out",
    topic: "high",
    intro: "Pages of high memory have no address. kmap() gives them one, from a pool of 16 slots here, of 1,024 on a large machine.",
    calls: [
      {
        call: () => "18 × alloc_page(GFP_HIGHUSER)",
        request: () => requests.batch(Array(18).fill("alloc_page(GFP_HIGHUSER)")),
        ask: "Eighteen pages of high memory.",
        say: (all) => `The first is ${frameRange(page(all, 0).pfn, 1)}. What alloc_page() returned is its struct page, not its address.`,
      },
      {
        call: (all) => `page_address(${page(all, 0).struct_page})`,
        ask: "What is its address?",
        say: (all) => (all[1].returned === "NULL" ? "NULL: it has none, so the kernel cannot read a byte of it." : all[1].returned),
      },
      {
        call: (all) => kmap(all, 0),
        ask: "Map it.",
        say: ([, , c]) => `Slot ${c.mapping?.slot}, at ${c.returned}. Slots are taken in turn; slot 0 will be the last.`,
      },
      {
        call: (all) => `kunmap(${page(all, 0).struct_page})`,
        ask: "And give it up.",
        say: (_, view) => `The slot’s count is ${view.kmap.counts[1]}, not 0. Before it is used again every TLB must forget it, and that is too expensive to do each time.`,
      },
      {
        call: (all) => kmap(all, 1),
        ask: "Map another page. Nobody uses slot 1 now.",
        say: (all) => `It got slot ${all[4].mapping?.slot}. Slots that were given up wait until the search comes to the end of the pool.`,
      },
      {
        call: () => "15 × kmap()",
        request: (all) => requests.batch(Array.from({ length: 15 }, (_, index) => kmap(all, index + 2))),
        ask: "Fifteen more.",
        say: (all, view) => `At the end one flush made slot 1 free, and the last page got slot ${all[5].mapping?.slot}. ${view.kmap.used} of ${view.kmap.slot_count} slots are in use.`,
      },
      {
        call: (all) => kmap(all, 17),
        ask: "And one more.",
        say: (all) => (all[6].blocked ? `The call does not return: task ${all[6].blocked.pid} sleeps until a slot is given up. So kmap() must not be called where one may not sleep.` : `At ${all[6].returned}.`),
      },
      {
        call: (all) => `kunmap(${page(all, 1).struct_page})`,
        ask: "Another task has the CPU, and gives a page up.",
        say: (all) => (all[7].resumed ? `The sleeper is woken, and its call of step ${all[7].resumed[0].step} returns ${all[7].resumed[0].returned}: the slot just given up.` : "Nobody was woken."),
      },
      {
        call: () => "schedule()",
        ask: "Let it have the CPU again.",
        say: (_, view) => `Task ${view.context.cpus[0].pid} goes on. Had all tasks held a slot and waited for a second one, none would ever have been woken.`,
      },
    ],
  },
  {
    id: "overwritten",
    title: "The next one simply overwrites it",
    topic: "high",
    intro: "kmap_atomic() never sleeps: in Linux 2.6 each type has its own slot on each CPU. And kunmap_atomic(), says the article, need not do anything special.",
    calls: [
      { call: () => "alloc_page(GFP_HIGHUSER)", ask: "A page.", say: ([a]) => `It is ${frame(a)}.` },
      { call: () => "alloc_page(GFP_HIGHUSER)", ask: "And another one.", say: ([, b]) => `It is ${frame(b)}.` },
      {
        call: ([a]) => `kmap_atomic(${a.page.struct_page}, KM_USER0)`,
        ask: "Map the first one, in the slot KM_USER0.",
        say: ([a, , c]) => `${c.returned} leads to ${frame(a)}, on this CPU only. That is why the task must keep the CPU: preemption is off.`,
      },
      { call: ([, , c]) => `memset(${c.returned}, 0x11, 16)`, ask: "Write the byte 11.", say: ([a]) => `It is in ${frame(a)}.` },
      {
        call: ([, , c]) => `kunmap_atomic(${c.returned}, KM_USER0)`,
        ask: "Give the mapping up.",
        say: (_, view) => `Preemption is on again. The entry of KM_USER0 ${left(view) === null ? "is cleared" : `still leads to frame ${left(view)}`}.`,
      },
      {
        call: ([, , c]) => `load(${c.returned}, 4)`,
        ask: "Somebody kept the pointer, and reads.",
        say: (all) => `${byte(all[5])}, by good luck. ${recorded(all[5])}`,
      },
      {
        call: ([, b]) => `kmap_atomic(${b.page.struct_page}, KM_USER0)`,
        ask: "Somebody else maps the second page.",
        say: ([, b, c, , , , d]) => `${d.returned === c.returned ? "The same address" : d.returned} now leads to ${frame(b)}: the entry was simply overwritten.`,
      },
      { call: (all) => `memset(${all[6].returned}, 0x22, 16)`, ask: "They write the byte 22.", say: ([, b]) => `It is in ${frame(b)}.` },
      {
        call: ([, , c]) => `load(${c.returned}, 4)`,
        ask: "And the old pointer?",
        say: (all) => `${byte(all[8])}, of somebody else’s page. Nothing faults, and no kernel can tell. Linux 6.1 clears the entry at once, so that an old pointer faults until the place is used again.`,
      },
    ],
  },
  {
    id: "may-it-sleep",
    title: "May this sleep here?",
    topic: "virtual",
    intro: "An interrupt has no task that could wait. The bar of the CPU always says what is allowed; the kernel does not.",
    calls: [
      { call: () => "vmalloc(8192)", ask: "A task wants an area. It may be made to wait for memory.", say: ([a]) => `It got one, at ${a.returned}.` },
      { call: () => "enter_irq()", ask: "A device’s interrupt comes.", say: (_, view) => `The CPU left the task and runs the handler. preempt_count is ${count(view)}.` },
      {
        call: () => "kmalloc(100, GFP_KERNEL)",
        ask: "The handler wants memory, and says that it can wait.",
        say: (all) => `${taken(all[2])}: there was memory, so nobody had to wait. ${recorded(all[2])} It goes wrong on the day when memory is short.`,
      },
      { call: () => "kmalloc(100, GFP_ATOMIC)", ask: "This is right: it cannot wait.", say: (all) => `${taken(all[3])}. If memory is short it may use reserves, or gets NULL.` },
      {
        call: ([a]) => `vfree(${a.returned})`,
        ask: "vfree() can sleep. May the handler call it?",
        say: (_, view) => (view.context.cpus[0].deferred_vfree.length ? "It may. The kernel sees where it is, and puts the area on a list of this CPU for later." : "The area is gone."),
      },
      {
        call: () => "exit_irq()",
        ask: "The handler is done.",
        say: ([a], view) => (view.vmalloc.areas.some((area) => area.address === a.returned) ? "The area still waits." : "Now a worker of the kernel’s gives the area up."),
      },
      { call: () => "enter_irq()", ask: "One more interrupt.", say: () => "This handler needs an area." },
      { call: () => "vmalloc(8192)", ask: "vmalloc() has no flags, so it cannot be told not to wait.", say: (all) => (all[7].halted ? "BUG: here every kernel checks whether it is in an interrupt, and dies." : all[7].returned) },
    ],
  },
  {
    id: "may-it-sleep-debug",
    title: "May this sleep here? Debug kernel",
    topic: "virtual",
    intro: "The same with debugging options on: a function that could sleep first looks whether it may.",
    machine: { debug: true },
    calls: [
      { call: () => "enter_irq()", ask: "A device’s interrupt comes.", say: () => "The handler runs." },
      {
        call: () => "kmalloc(100, GFP_KERNEL)",
        ask: "There is plenty of memory. The handler would not have to wait.",
        say: (all) => `${taken(all[1])}, but: “${(all[1].log[0] ?? "").replace(/ at .*/, "")}”. That it could sleep is enough.`,
      },
      { call: () => "exit_irq()", ask: "Back to the task.", say: () => "Here one may sleep." },
      { call: () => "spin_lock(my_lock)", ask: "It takes a spin lock.", say: (_, view) => `preempt_count is ${count(view)}. Without these options the kernel does not count spin locks, and would see nothing.` },
      {
        call: () => "kmalloc(100, GFP_KERNEL)",
        ask: "The same mistake again.",
        say: (all) => `${recorded(all[4])} ${all[4].log.length ? "" : "It prints this complaint once a second at most."}`,
      },
      { call: () => "spin_unlock(my_lock)", ask: "Give the lock back.", say: (_, view) => `preempt_count is ${count(view)}.` },
      { call: () => "kmalloc(100, GFP_KERNEL)", ask: "And now?", say: (all) => `${taken(all[6])}, and rightly so.` },
    ],
  },
];

/** The frame that the entry of KM_USER0 names. */
const left = (view) => view.temporary.cpus[0].slots.find((one) => one.type === "KM_USER0").pfn;
