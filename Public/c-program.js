/** Calls of a session as the C code of a kernel module that does the same. Pure functions, no DOM. */

const TYPES = [
  [/^(alloc_pages?|virt_to_page|vmalloc_to_page)$/, "struct page *", "page"],
  [/^(__get_free_pages?|get_zeroed_page)$/, "unsigned long ", "addr"],
  [/^kmem_cache_create$/, "struct kmem_cache *", "cache"],
  [/^(k[mzc]alloc|kmalloc_array|krealloc|vz?malloc|vzalloc|vmap|kmap\w*|kmem_cache_z?alloc|page_address)$/, "void *", "p"],
];
const SIZES = /^(ksize|load)$/;

/** The statements for journal entries {call, returned}, in order; addresses become the variables that hold them. */
export function cProgram(entries) {
  const names = new Map();
  const counts = new Map();
  return entries.map(({ call, returned }) => {
    const name = call.split("(")[0];
    const text = replaced(call, names);
    const [, type, stem] = TYPES.find(([pattern]) => pattern.test(name)) ?? [];
    if (SIZES.test(name)) return `pr_info("%zu\\n", (size_t)${text});  /* ${returned} */`;
    if (!type) return `${text};`;
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    const variable = `${stem}${count}`;
    if (/^0x/.test(returned ?? "")) names.set(returned, { variable, isNumber: stem === "addr" });
    return `${type}${variable} = ${text};  /* ${returned} */`;
  }).join("\n");
}

function replaced(call, names) {
  return call.replace(/0x[0-9a-f]+/g, (address) => {
    const known = names.get(address);
    if (!known) return address;
    const wantsPointer = known.isNumber && /^(memset|kfree|load|virt_to_page)\(/.test(call);
    return wantsPointer ? `(void *)${known.variable}` : known.variable;
  });
}
