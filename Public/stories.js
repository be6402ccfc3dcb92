/**
 * The preset stories, in the order in which they are offered. What a story consists of is loaded when it starts.
 *
 * A story is a list of calls. Each is made only when the reader asks for it, with a question before and a
 * caption after. Captions are functions of the answers and of the machine's state then, so they state what this
 * machine really did.
 */

/** [id, title] by the file that has the story. */
const FILES = {
  orders: [
    ["there-and-back", "Pages, there and back"], ["wrong-order", "The article’s bug: wrong order"], ["wrong-order-noticed", "The same slip, noticed"],
  ],
  frees: [["double-free", "Double free"], ["double-free-debug", "Double free, debug kernel"], ["dirty-page", "A dirty page"]],
  slabs: [["rounding", "kmalloc rounds up"], ["double-kfree", "Double kfree"], ["own-cache", "A cache of one’s own"]],
  virtual: [["vmalloc-or-kmalloc", "vmalloc or kmalloc?"], ["device", "The device that sees only physical memory"]],
  high: [
    ["pool-runs-out", "kmap’s pool runs out"], ["overwritten", "The next one simply overwrites it"], ["may-it-sleep", "May this sleep here?"],
    ["may-it-sleep-debug", "May this sleep here? Debug kernel"],
  ],
};

/** Every story as {id, title, file}. */
export const STORIES = Object.entries(FILES).flatMap(([file, stories]) => stories.map(([id, title]) => ({ id, title, file })));

/** Loads the story `id`; null if there is none. */
export async function storyOf(id) {
  const file = STORIES.find((one) => one.id === id)?.file;
  if (!file) return null;
  const parts = await import(`./stories/${file}.js`);
  return Object.values(parts).flat().find((one) => one.id === id);
}
