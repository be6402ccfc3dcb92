/**
 * `<step-tools>`: the step on show from other sides: why the kernel did so, the same as a curl line and as C, what
 * would have been if another call had been made, and the links that lead to it, and to the session as it goes on.
 */
import { copyButton, el } from "../dom.js";
import { requests } from "../api.js";
import { curlLine, tokenLine } from "../curl.js";
import { lab } from "../lab.js";
import { figureNames, frameLine } from "../book/embedding.js";
import { requestOf } from "./call-answer.js";

class StepTools extends HTMLElement {
  #why = el("div", { class: "tool-body" });
  #curl = el("div", { class: "tool-body" });
  #code = el("div", { class: "tool-body" });
  #input = el("input", {
    id: "what-if", type: "text", required: true, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    placeholder: "alloc_page(GFP_KERNEL)", "aria-describedby": "what-if-error",
  });
  #link = el("div", { class: "tool-body" });
  #share = el("div", { class: "tool-body" });
  #instead = el("div", { class: "actions" });
  #error = el("p", { id: "what-if-error", class: "error", role: "alert" });
  #tools = [];

  connectedCallback() {
    this.#tools = [
      tool("Why?", this.#why, () => this.#explain()), tool("As curl", this.#curl, () => this.#drawCurl()),
      tool("As C", this.#code, () => lab.hold(this.#drawCode())),
      tool("What if?", el("div", { class: "tool-body" },
        el("p", { class: "sub" }, "Branches off after the step on show. The story stays as it is."),
        this.#instead,
        el("form", { class: "row", onsubmit: (event) => this.#try(event) },
          el("label", { class: "hidden", for: "what-if" }, "Kernel call on a branch"), this.#input,
          el("button", { type: "submit" }, "Try")), this.#error), () => this.#drawInstead()),
      tool("Link", this.#link, () => this.#drawLink()), tool("Share a view", this.#share, () => this.#drawShare()),
    ];
    this.append(...this.#tools.map(({ details }) => details));
    lab.addEventListener("view", () => this.#draw());
    lab.addEventListener("notice", () => this.#drawError());
  }

  #draw() {
    for (const { details, fill } of this.#tools) if (details.open) fill();
    this.hidden = false;
  }

  async #explain() {
    const { step } = lab;
    if (step === 0) return void this.#why.replaceChildren(el("p", { class: "sub" }, "Nothing was called yet."));
    try {
      const { explain } = await lab.explain();
      if (step !== lab.step) return;
      this.#why.replaceChildren(explain.length
        ? el("ol", { class: "why" }, explain.map((one) => el("li", {}, one.text)))
        : el("p", { class: "sub" }, "There was nothing to decide in this call."));
    } catch (error) {
      this.#why.replaceChildren(el("p", { class: "sub" }, `No explanation: ${error.message}`));
    }
  }

  #drawCurl() {
    const request = requestOf(lab.step);
    const token = tokenLine(lab.token, lab.machine);
    lab.shared.add(lab.session);
    this.#curl.replaceChildren(...(request ? [code(token, "the token line"), code(curlLine(request), "the curl line")]
      : [el("p", { class: "sub" }, "There is no single request that does this again.")]));
  }

  async #drawCode() {
    const { cProgram } = await import("../c-program.js");
    const entries = Array.from({ length: lab.step }, (_, index) => lab.entries.get(index + 1)).filter(Boolean);
    this.#code.replaceChildren(entries.length ? code(cProgram(entries), "the C code") : el("p", { class: "sub" }, "Nothing was called yet."));
  }

  /** The address of the step on show, and the lines that put its figures into another page. */
  #drawLink() {
    lab.linkNow();
    const isTold = lab.story?.tells(lab.step) ?? true;
    const names = lab.trunk || !isTold ? [] : figureNames();
    this.#link.replaceChildren(...(lab.trunk ? [el("p", { class: "sub" }, "A branch has no address: it is yours alone.")]
      : !isTold ? [el("p", { class: "sub" }, "This step is not one of the scene any more. Start the scene again for steps with an address.")]
      : [el("p", { class: "sub" }, "Whoever opens this address sees this step, on a machine of their own:"), code(location.href, "the address of the step"),
        el("p", { class: "sub" }, "And for a page or slides of yours, all of it or one figure alone:"), code(frameLine(), "the frame of the whole stage"),
        names.map(([name, title]) => code(frameLine(name), `the frame of “${title}”`))].flat()));
  }

  /** The link by which others follow the story's session; from then on it stays until the chapter is left. */
  #drawShare() {
    const { session, viewToken } = lab.trunk ?? lab;
    const link = `${location.origin}/lab#view=${viewToken}`;
    lab.shared.add(session);
    lab.lookedOn = session;
    this.#share.replaceChildren(
      el("p", { class: "sub" }, "Whoever has this link sees every step of this scene the moment it is made, and can change nothing:"), code(link, "the link to look on"),
      el("p", { class: "sub" }, "Another scene, or this one started again, is another session with a link of its own. This one stays as it is then, and ends when you leave the chapter. Branches are not seen."));
  }

  /** What the scene proposes to try in place of the step on show. */
  #drawInstead() {
    const { story, step } = lab;
    const index = story ? story.answers.findIndex((answer) => answer.step === step) : -1;
    const proposal = story?.definition.calls[index]?.instead?.(story.answers);
    this.#instead.replaceChildren(...(proposal ? [el("button", { type: "button", onclick: () => this.#branch(step - 1, proposal) },
      "Instead of this step: ", el("code", {}, proposal))] : []));
  }

  #try(event) {
    event.preventDefault();
    this.#branch(lab.step, this.#input.value.trim());
  }

  async #branch(step, call) {
    if ((!lab.trunk || lab.step !== lab.last || step !== lab.step) && (await lab.branch(step)) === null) return;
    if (await lab.perform(requests.call(call))) this.#input.value = "";
  }

  #drawError() {
    const { notice } = lab;
    const isError = notice?.kind === "error";
    this.#error.replaceChildren(...(isError ? [notice.text, ...(notice.suggestions ?? []).flatMap((name) => [" ", el("button", {
      type: "button", onclick: () => this.#correct(name),
    }, name)])] : []));
    if (isError) this.#tools[3].details.open = true;
  }

  #correct(name) {
    this.#input.value = this.#input.value.replace(/^\s*\w+/, name);
    this.#input.focus();
  }
}

function tool(title, body, fill) {
  const details = el("details", { ontoggle: () => details.open && fill() }, el("summary", {}, title), body);
  return { details, fill };
}

function code(text, what) {
  return el("div", { class: "row" }, el("pre", { tabindex: "0", "aria-label": what }, text), copyButton(() => text, what));
}

customElements.define("step-tools", StepTools);
