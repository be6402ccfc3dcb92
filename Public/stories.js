/** The preset stories, in the order in which they are offered. */
import { FREE_STORIES } from "./stories/frees.js";
import { HIGH_STORIES } from "./stories/high.js";
import { ORDER_STORIES } from "./stories/orders.js";
import { SLAB_STORIES } from "./stories/slabs.js";
import { VIRTUAL_STORIES } from "./stories/virtual.js";

/**
 * A story is a list of calls. Each is made only when the reader asks for it, with a question before and a
 * caption after. Captions are functions of the answers and of the machine's state then, so they state what this
 * machine really did.
 */
export const STORIES = [...ORDER_STORIES, ...FREE_STORIES, ...SLAB_STORIES, ...VIRTUAL_STORIES, ...HIGH_STORIES];
