/** `<notice-bar>`: a halted machine and its ways out, the past, an expired session, a server that does not answer. */
import { el } from "../dom.js";
import { lab } from "../lab.js";

class NoticeBar extends HTMLElement {
  #told = null;

  connectedCallback() {
    this.setAttribute("role", "status");
    for (const name of ["view", "notice", "watch"]) lab.addEventListener(name, () => this.#draw());
  }

  #draw() {
    const parts = [];
    if (lab.halted) parts.push(halted());
    if (lab.notice?.kind === "info") parts.push(el("p", { class: "notice" }, lab.notice.text));
    const isTrouble = lab.notice?.kind === "trouble";
    if (isTrouble || (lab.notice?.kind === "error" && !lab.view)) parts.push(el("p", { class: "notice" }, lab.notice.text));
    if (lab.isPast) {
      parts.push(el("p", { class: "notice past" },
        `You are looking at the past (step ${lab.step} of ${lab.last}). ${lab.isSpectator ? "" : "A call acts on the machine as it is now. "}`,
        el("button", { type: "button", onclick: () => lab.go(lab.last) }, "Back to now")));
    }
    this.replaceChildren(...parts);
    if (isTrouble && lab.view && lab.notice !== this.#told) this.#reveal();
    this.#told = lab.notice;
  }

  /** Brings a trouble into sight: what was clicked may be far below. */
  #reveal() {
    const { top, bottom } = this.getBoundingClientRect();
    if (top < 0 || bottom > 0.7 * innerHeight) this.scrollIntoView({ block: "center" });
  }
}

function halted() {
  return el("div", { class: "notice halted" },
    el("p", {}, el("strong", {}, "The machine has halted. "), el("code", {}, lab.halted)),
    !lab.isSpectator && el("p", {}, "It answers no further call. A real one may kill the task and limp on; this one can also go back. ",
      el("button", { type: "button", onclick: () => lab.undoTo(lab.last - 1) }, "Undo the last call"), " ",
      el("button", { type: "button", onclick: () => lab.reboot() }, "Reboot")));
}

customElements.define("notice-bar", NoticeBar);
