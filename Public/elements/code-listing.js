/**
 * `<code-listing>`: the code of a scene, line by line. A line can be chosen, which is told by the event `line` of the
 * document; the line that the step on show ran is marked, and at the end the one where the report begins.
 */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { rove } from "../roving.js";

class CodeListing extends HTMLElement {
  #definition = null;
  #chosen = null;

  connectedCallback() {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "The code");
    rove(this, "button");
    this.addEventListener("click", (event) => {
      const line = event.target.closest("button")?.dataset.line;
      if (!line) return;
      this.#chosen = Number(line);
      this.#draw();
      document.dispatchEvent(new CustomEvent("line", { detail: this.#chosen }));
    });
    for (const name of ["view", "story"]) lab.addEventListener(name, () => this.#draw());
  }

  #draw() {
    const { story } = lab;
    if (!story?.definition.code) return;
    if (story.definition !== this.#definition) this.#build(story.definition);
    const at = story.answers.findIndex((answer) => answer.step === lab.step);
    const found = story.next === null ? faultyLine(story, lab.view) : null;
    for (const button of this.querySelectorAll("button")) {
      const line = Number(button.dataset.line);
      button.setAttribute("aria-pressed", String(line === this.#chosen));
      button.classList.toggle("found", line === found);
      if (story.definition.calls[at]?.line === line) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
  }

  #build(definition) {
    this.#definition = definition;
    this.#chosen = null;
    this.replaceChildren(...definition.code.map((text, index) => el("button", {
      type: "button", tabindex: index ? "-1" : "0", "aria-pressed": "false", "data-line": index + 1,
    }, el("span", { class: "number", "aria-hidden": "true" }, String(index + 1)), text)));
  }
}

/** The line of the first misuse in the report, or else of what was never freed; null if the report has neither. */
export function faultyLine({ definition, answers }, { report }) {
  const step = report.misuse[0]?.step ?? report.leaks[0]?.step;
  const index = answers.findIndex((answer) => answer.step === step);
  return definition.calls[index]?.line ?? null;
}

customElements.define("code-listing", CodeListing);
