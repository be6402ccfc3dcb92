/**
 * `<step-bar>`: back and forth through what was done. Nothing here changes the machine, except "Undo".
 *
 * While a story is being told, "Next" at the newest step makes the story's next call. If there is a question before
 * it, "Next" leads to the question, and a small button beside it passes it over. On a phone the bar stays
 * at the bottom and repeats the story's caption, so that the map can be watched meanwhile.
 */
import { el } from "../dom.js";
import { lab } from "../lab.js";

class StepBar extends HTMLElement {
  #slider = el("input", {
    type: "range", min: "0", step: "1", "aria-label": "Step on show",
    oninput: () => lab.go(Number(this.#slider.value)),
  });
  #place = el("span", { class: "place" });
  #call = el("code", { class: "current" });
  #caption = el("p", { class: "caption", "aria-hidden": "true" });
  #first = this.#button("First step", "|◀", () => lab.go(0));
  #back = this.#button("One step back", "◀", () => lab.move(-1));
  #next = el("button", { type: "button", class: "next", onclick: () => stepForward() });
  #skip = el("button", { type: "button", class: "quiet skip-question", title: "Make the next call without an answer", onclick: () => lab.story?.advance(lab) }, "Skip");
  #newest = this.#button("Newest step", "▶|", () => lab.go(lab.last));
  #undo = el("button", { type: "button", class: "quiet", onclick: () => lab.undoTo(lab.isPast ? lab.step : undefined) });
  #redo = el("button", { type: "button", class: "quiet", onclick: () => lab.redo() }, "Redo");

  connectedCallback() {
    this.append(
      el("div", { class: "buttons", role: "group", "aria-label": "Steps" },
        this.#first, this.#back, this.#next, this.#skip, this.#newest),
      this.#slider,
      el("div", { class: "where" }, this.#place, this.#call),
      this.#caption,
      el("div", { class: "undo" }, this.#undo, this.#redo));
    lab.addEventListener("view", () => this.#draw());
    for (const name of ["story", "question", "watch"]) lab.addEventListener(name, () => this.#draw());
    document.addEventListener("keydown", arrowKeys);
  }

  #button(label, sign, act) {
    return el("button", { type: "button", "aria-label": label, title: label, onclick: act }, sign);
  }

  #draw() {
    if (!lab.view) return;
    const entry = lab.entries.get(lab.step);
    this.#slider.max = String(lab.last);
    this.#slider.value = String(lab.step);
    this.#slider.disabled = lab.last === 0;
    this.#slider.setAttribute("aria-valuetext", `Step ${lab.step} of ${lab.last}: ${entry?.call ?? "boot"}`);
    this.#place.textContent = `Step ${lab.step} of ${lab.last}`;
    this.#call.textContent = entry?.call ?? "(just booted)";
    const leaves = lab.trunk !== null && !lab.isPast;
    this.#caption.textContent = lab.trunk ? `On a branch, which left the story after step ${lab.trunk.step}.` : lab.story?.captions.get(lab.step) ?? "";
    const tells = !lab.hindrance && lab.story?.next;
    const question = tells && !leaves ? lab.question?.state : null;
    this.#next.textContent = leaves ? "Back to the story ▶" : question === "open" ? "Answer first" : question ? "Check it ▶" : tells ? "Make the next call ▶" : "Next ▶";
    this.#skip.hidden = question !== "open";
    dim(this.#first, lab.step === 0);
    dim(this.#back, lab.step === 0);
    dim(this.#next, !lab.isPast && !tells && !leaves);
    dim(this.#newest, !lab.isPast);
    this.#undo.hidden = lab.isSpectator;
    this.#undo.textContent = lab.isPast ? `Undo back to step ${lab.step}` : "Undo the last call";
    dim(this.#undo, lab.last === 0);
    this.#redo.hidden = lab.undone === 0 || lab.isSpectator;
  }
}

/** Looks unavailable but keeps the focus, unlike `disabled`. */
function dim(button, off) {
  button.setAttribute("aria-disabled", String(off));
}

function stepForward() {
  if (lab.isPast) lab.move(1);
  else if (lab.trunk) lab.leaveBranch();
  else if (lab.question?.state === "open") lab.question.go();
  else lab.story?.advance(lab);
}

/** Left and right step wherever no other element needs these keys. */
function arrowKeys(event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest?.("input, select, textarea, [tabindex='0'].chip, .cell, .page-block")) return;
  if (event.key === "ArrowLeft" && lab.step > 0) lab.move(-1);
  else if (event.key === "ArrowRight" && lab.isPast) lab.move(1);
  else return;
  event.preventDefault();
}

customElements.define("step-bar", StepBar);
