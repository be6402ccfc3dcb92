/** What captions say of the answers of calls and of the frames behind them. */
import { overlap } from "../model.js";
import { capital, frameRange } from "../words.js";

export const range = (answer) => frameRange(answer.page.pfn, 2 ** answer.page.order);
export const rangeOf = ({ pfn, count }) => frameRange(pfn, count);
export const same = (a, b) => a.page && b.page && a.page.pfn === b.page.pfn;
export const meet = (a, b) => a.page && b.page
  && a.page.pfn < b.page.pfn + 2 ** b.page.order && b.page.pfn < a.page.pfn + 2 ** a.page.order;
export const silence = (answer) => (answer.log.length ? "The kernel complains in its log." : "The kernel’s log stays empty.");

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

export const lost = (view, answer) => stretches(view, answer, (block) => block.state === "lost").length > 0;

export function onTwoLists(view, answer) {
  const found = stretches(view, answer, (block) => block.lists.length > 1);
  return found.length ? `${capital(found.map(rangeOf).join(" and "))} are on two lists at once now.` : "";
}

export function stillListed(view, answer) {
  const found = stretches(view, answer, (block) => block.owners.length && block.lists.length);
  return found.length ? `${capital(found.map(rangeOf).join(" and "))} still wait on another list.` : "";
}
