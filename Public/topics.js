/** What the reader is about: pages, slabs, virtual memory or high memory. */
import { isContextCall, isHighCall } from "./high.js";
import { isSlabCall } from "./slabs.js";
import { isVirtualCall } from "./virtual.js";

/** What a call, as text, is about; what a CPU is told is about what was looked at before. */
export function topicOf(call, current) {
  if (isContextCall(call)) return current;
  if (isHighCall(call)) return "high";
  if (isVirtualCall(call)) return "virtual";
  return isSlabCall(call) ? "slabs" : "pages";
}
