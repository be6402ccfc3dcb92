/**
 * `<call-answer>`: what the step on show did: the call and the kernel's answer, in plain words what moved,
 * the kernel's log lines, every misuse, and the same as a curl line. Also spoken, by a live region. With the
 * attribute `brief` without the last two: in the book they stand elsewhere.
 */
import { callCode, copyButton, el } from "../dom.js";
import { drawsView } from "../drawing.js";
import { requests } from "../api.js";
import { isContextCall, isHighCall, liveMappings } from "../high.js";
import { blockedWords, contextStory, highStory, resumedWords } from "../high-words.js";
import { curlLine, tokenLine } from "../curl.js";
import { lab } from "../lab.js";
import { isSlabCall } from "../slabs.js";
import { slabStory } from "../slab-words.js";
import { isVirtualCall } from "../virtual.js";
import { ownerWords, virtualStory } from "../virtual-words.js";
import { moves, returnedWords, story, typeChange } from "../words.js";

/** What is no function of the kernel and is known by its text only: there is no line that does it again. */
const NO_CALL = /^(access|dma|load_module|delete_module)\(/;

class CallAnswer extends HTMLElement {
  #body = el("div", { class: "answer-body" });
  #spoken = el("p", { class: "hidden", role: "status", "aria-live": "polite" });

  connectedCallback() {
    this.append(this.#body, this.#spoken);
    drawsView(this, () => this.#draw());
  }

  #draw() {
    const { step, view } = lab;
    const entry = step > 0 ? lab.entries.get(step) : null;
    const known = lab.answers.get(step);
    const page = known?.answer.page ?? view.pages.find((one) => one.allocated_at_step === step) ?? null;
    const isHigh = isHighCall(entry?.call);
    const { blocked = isHigh ? sleeper(view, step) : undefined, resumed = [] } = known?.answer ?? {};
    const mapping = known?.answer.mapping ?? (isHigh ? liveMappings(view).find((one) => one.id === step) : undefined);
    const waits = [...(blocked ? [blockedWords(blocked)] : []), ...resumed.map(resumedWords)];
    const sentences = (isHigh && highStory(entry, { mapping, view, before: lab.before, machine: lab.machine }))
      || (isContextCall(entry?.call) && contextStory(entry, { view, before: lab.before, blocked }))
      || (isVirtualCall(entry?.call) && virtualStory(entry, { answer: known?.answer, area: lab.area, view, before: lab.before }))
      || (isSlabCall(entry?.call) && slabStory(entry, { answer: known?.answer, cache: lab.cache, cacheBefore: lab.cacheBefore }))
      || story(entry, page, lab.deltas);
    if (lab.halted && step === lab.last) sentences.length = 0;
    const change = page && typeChange(lab.before?.frames.pageblocks, view.frames.pageblocks);
    if (change) sentences.push(change);
    const log = known?.answer.log ?? view.log.filter((line) => line.step === step).map((line) => line.text);
    const misuse = view.report.misuse.filter((one) => one.step === step);
    const request = requestOf(step);
    this.#body.replaceChildren(
      el("p", { class: "call" }, callCode(entry?.call ?? `boot a machine: ${lab.machine.kind}`)),
      ...(entry && !blocked ? [returned(entry, known?.answer.errno)] : []),
      ...waits.map((text) => el("p", { class: "waits" }, text)),
      ...misuse.map(misuseBox),
      ...sentences.map((text) => el("p", {}, text)),
      ...(known?.answer.dma ? [transfer(known.answer.dma)] : []),
      ...(lab.deltas.size ? [movesList()] : []),
      ...(log.length ? [el("h3", {}, "Kernel log"), el("pre", { class: "log", tabindex: "0", "aria-label": "Kernel log" }, log.join("\n"))] : []),
      ...(request && !this.hasAttribute("brief") ? [curl(request)] : []));
    if (!this.hasAttribute("brief")) this.#speak(entry, [...waits, ...sentences], misuse, log, blocked);
  }

  #speak(entry, sentences, misuse, log, blocked) {
    const halted = lab.halted && lab.step === lab.last;
    const parts = [`Step ${lab.step} of ${lab.last}.`];
    if (entry) parts.push(`${entry.call} ${blocked ? "waits" : halted ? "halted the machine" : `returned ${returnedWords(entry) ?? "nothing"}`}.`);
    parts.push(...misuse.map((one) => `Misuse: ${one.explanation}`), ...sentences);
    if (log.length) parts.push(`The kernel logged ${log.length} lines.`);
    this.#spoken.textContent = parts.join(" ");
  }
}

/** The request that made a step, or one that does the same; null for what has none. */
export function requestOf(step) {
  const entry = step > 0 ? lab.entries.get(step) : null;
  if (!entry) return requests.boot({ machine: lab.machine.kind, debug: lab.machine.debug, slab: lab.machine.slab });
  return lab.answers.get(step)?.request ?? (NO_CALL.test(entry.call) ? null : requests.call(entry.call));
}

/** Who sleeps in the call of a step, as its answer said. */
function sleeper({ kmap }, step) {
  const task = kmap.waiting.find((one) => one.step === step);
  return task && { reason: `would block: all ${kmap.slot_count} slots of kmap are in use`, pid: task.pid };
}

function returned(entry, errno) {
  if (lab.halted && lab.step === lab.last) return el("p", { class: "returned" }, "did not return: the machine halted");
  const value = returnedWords(entry) ?? "nothing (void)";
  return el("p", { class: "returned" }, "returned ", el("code", {}, value),
    errno ? ` (${errno})` : null, entry.id ? el("span", { class: "tag" }, `allocation #${entry.id}`) : null);
}

/** One misuse in plain words, with the news whether the kernel noticed. */
export function misuseBox(one) {
  return el("div", { class: "misuse" },
    el("p", {}, el("strong", {}, one.severity === "consequence" ? "Consequence: " : "Misuse: ",
      el("a", { href: one.type }, one.code.replaceAll("-", " ")), ". "), one.explanation),
    el("p", { class: "sub" }, one.noticed_by_kernel
      ? "The kernel noticed." : "The kernel did not notice. Only this simulator knows."));
}

/** Whose memory a device touched. */
function transfer({ parts }) {
  return parts.length === 0 ? "" : el("table", { class: "transfer" },
    el("caption", { class: "hidden" }, "What the device touched"),
    el("thead", {}, el("tr", {}, ["Frame", "Bytes", "Whose"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, parts.map((part) => el("tr", { class: part.meant ? null : "foreign" },
      el("td", {}, el("button", { type: "button", class: "link", onclick: () => lab.select({ pfn: part.pfn, count: 1 }) }, String(part.pfn))),
      el("td", {}, part.length.toLocaleString("en")),
      el("td", {}, part.meant ? "" : el("strong", {}, "not meant: "), ownerWords(part.owner))))));
}

function movesList() {
  const items = moves(lab.deltas).map(({ where, delta }) =>
    el("li", {}, el("span", { class: "delta" }, delta > 0 ? `+${delta}` : `−${-delta}`), ` ${where}`));
  return el("details", {}, el("summary", {}, `Lists that changed: ${items.length}`), el("ul", { class: "moves" }, items));
}

function curl(request) {
  const line = curlLine(request);
  const token = tokenLine(lab.token, lab.machine);
  return el("div", { class: "curl" },
    el("h3", {}, "The same at a shell", copyButton(() => line, "the curl line")),
    el("pre", { tabindex: "0", "aria-label": "curl line" }, line),
    el("details", {}, el("summary", {}, lab.token ? "The token of this session" : "How to get a token"),
      el("div", { class: "row" }, el("pre", { tabindex: "0", "aria-label": "token line" }, token), copyButton(() => token, "the token line"))));
}

customElements.define("call-answer", CallAnswer);
