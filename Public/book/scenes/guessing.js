/** What the scenes of several chapters share. */
import { blockAt } from "../../model.js";
import { capital, frameRange, plural } from "../../words.js";

/** A story with something added to some of its calls: `extra` is {index: {guess?, instead?, ask?, say?}}. */
export function extended(stories, id, extra, more = {}) {
  const story = stories.find((one) => one.id === id);
  return { ...story, ...more, calls: story.calls.map((call, index) => ({ ...call, ...extra[index] })) };
}

/** The newest answer of a scene. */
export const newest = (answers) => answers[answers.length - 1];

/** The frames of an answer; null if it got none. */
export const framesOf = ({ page }) => (page ? { pfn: page.pfn, count: 2 ** page.order } : null);

/** "Frames 256–259" or "NULL". */
export const said = (range) => (range ? capital(frameRange(range.pfn, range.count)) : "NULL");

/** A question which block a call will return. */
export const whichFrames = (ask, more = "") => ({
  ask, by: "frames",
  truth: (answers) => framesOf(newest(answers)),
  tell: (truth) => `It returned ${truth ? frameRange(truth.pfn, truth.count) : "NULL"}. ${more}`.trim(),
});

/** What the kernel decided on, if it took a block off a buddy list: which block, and why that one. */
const DECISIONS = ["buddy-empty", "fallback-steal", "pageblocks-taken", "buddy-take"];

/** A question which free block will be cut up for a request. The kernel itself says why it took that one. */
export const whichSplit = (ask) => ({
  ask, by: "frames",
  truth: (answers, _, before) => {
    const block = blockAt(before.blocks, newest(answers).page.pfn);
    return { pfn: block.pfn, count: block.count };
  },
  tell: (truth, answers) => `${said(framesOf(newest(answers)))} were cut from ${frameRange(truth.pfn, truth.count)}.`,
  reason: (explain) => explain.filter(({ code }) => DECISIONS.includes(code)).map(({ text }) => text).join(" "),
});

/** A question from which zone a page will be. */
export const whichZone = (ask) => ({
  ask, by: "choice",
  choices: (_, view) => view.zones.map(({ name }) => [name, name]),
  truth: (answers) => newest(answers).page?.zone ?? null,
  tell: (truth, answers) => `${said(framesOf(newest(answers)))} ${newest(answers).page?.order ? "are" : "is"} in zone ${truth}.`,
});

/** How many frames of a zone are free, in words. */
export const freeIn = (view, name) => plural(view.zones.find((zone) => zone.name === name)?.free_pages ?? 0, "free frame");
