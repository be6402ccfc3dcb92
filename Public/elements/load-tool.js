/** `<load-tool>`: makes the calls of a file, and boots a machine that a file has recorded. */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { load, recordingIn } from "../transfer.js";
import { plural } from "../words.js";

class LoadTool extends HTMLElement {
  #said = el("p", { class: "sub", role: "status" });

  connectedCallback() {
    this.append(
      this.#form("calls-file", "Calls: saved here (.ndjson), of the malloc lab (.rep), of mtrace or ftrace", "Make them", (file) => this.#load(file)),
      this.#form("machine-file", "A recorded machine: a kernel trace with a dump (.jsonl, .jsonl.gz)", "Boot it", (file) => this.#boot(file)), this.#said);
    lab.addEventListener("watch", this.#draw);
    this.#draw();
  }

  disconnectedCallback() {
    lab.removeEventListener("watch", this.#draw);
  }

  #form(id, label, act, use) {
    const input = el("input", { id, type: "file", required: true });
    return el("form", { onsubmit: (event) => {
      event.preventDefault();
      use(input.files[0]);
    } }, el("label", { for: id }, label), el("div", { class: "row" }, input, el("button", { type: "submit" }, act)));
  }

  /** A spectator makes no calls and boots no machine. */
  #draw = () => {
    for (const control of this.querySelectorAll("input, button")) control.disabled = lab.isSpectator;
    this.#said.textContent = lab.isSpectator ? lab.hindrance : "";
  };

  #load(file) {
    return lab.queue(async () => {
      const before = lab.last;
      try {
        const { made, failed, skipped } = await load(lab, file);
        this.#said.textContent = `${plural(made, "call")} made${failed ? `, ${failed} of them failed` : ""}${skipped ? `; ${plural(skipped, "line")} skipped` : ""}.`;
      } catch (error) {
        this.#said.textContent = error.message;
      }
      await lab.reread();
      if (lab.last > before) lab.tellStory(null);
    });
  }

  async #boot(file) {
    const request = await recordingIn(file).catch((error) => error);
    if (request instanceof Error) this.#said.textContent = `${file.name} cannot be read: ${request.message}`;
    else if (await lab.boot(request)) this.#said.textContent = `Booted what ${file.name} recorded.`;
    else this.#said.textContent = lab.notice?.text ?? "";
  }
}

customElements.define("load-tool", LoadTool);
