/** Calls of a session as the C code of a kernel module that does the same. Pure functions, no DOM. */
import { returnedWords } from "./words.js";

const TYPES = [
  [/^(alloc_pages?|virt_to_page|vmalloc_to_page)$/, "struct page *", "page"],
  [/^(__get_free_pages?|get_zeroed_page)$/, "unsigned long ", "addr"],
  [/^kmem_cache_create$/, "struct kmem_cache *", "cache"],
  [/^(k[mzc]alloc|kmalloc_array|krealloc|vz?malloc|vzalloc|vmap|kmap\w*|kmem_cache_z?alloc|page_address)$/, "void *", "p"],
];
/** What is no function of the kernel: what the simulator's devices, interrupts and free lists do. */
const NO_C = /^(access|dma|load_module|delete_module|run_on_cpu|(enter|exit)_\w+|free_list_\w+)$/;
const WORDS = { 1: "u8", 2: "u16", 4: "u32", 8: "u64" };

/** The statements for journal entries {call, returned}, in order; addresses become the variables that hold them. */
export function cProgram(entries) {
  const names = new Map();
  const counts = new Map();
  return entries.map((entry) => {
    const { call, returned } = entry;
    const name = call.split("(")[0];
    const text = replaced(call, names);
    const [, type, stem] = TYPES.find(([pattern]) => pattern.test(name)) ?? [];
    if (NO_C.test(name)) return `/* ${text} */`;
    if (name === "load") return loaded(text, returnedWords(entry));
    if (name === "ksize") return `pr_info("%zu\\n", ${text});  /* ${returned} */`;
    if (!type) return `${text};`;
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    const variable = `${stem}${count}`;
    if (/^0x/.test(returned ?? "")) names.set(returned, { variable, isNumber: stem === "addr" });
    return `${type}${variable} = ${text};  /* ${returned} */`;
  }).join("\n");
}

function loaded(text, value) {
  const [, pointer, size] = /^load\((.+), (\d+)\)$/.exec(text) ?? [];
  const type = WORDS[size];
  return type ? `pr_info("%#llx\\n", (u64)*(${type} *)${pointer});  /* ${value} */` : `/* ${text} */`;
}

function replaced(call, names) {
  return call.replace(/0x[0-9a-f]+/g, (address) => {
    const known = names.get(address);
    if (!known) return address;
    const wantsPointer = known.isNumber && /^(memset|kfree|load|virt_to_page)\(/.test(call);
    return wantsPointer ? `(void *)${known.variable}` : known.variable;
  });
}
