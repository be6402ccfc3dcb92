/** `<save-tool>`: the calls up to the step on show, as a file. */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { fileOf, FORMATS } from "../transfer.js";
import { plural } from "../words.js";

class SaveTool extends HTMLElement {
  #said = el("p", { class: "sub", role: "status" });

  connectedCallback() {
    this.append(el("p", {}, "The calls up to the step on show:"),
      el("div", { class: "actions" }, Object.entries(FORMATS).map(([format, { title, about }]) => el("button", {
        type: "button", "data-format": format, onclick: () => this.#save(format),
      }, `${title} (.${format}) `, el("span", { class: "sub" }, about)))), this.#said);
  }

  async #save(format) {
    try {
      const { name, blob, count } = await fileOf(lab, format);
      const link = el("a", { href: URL.createObjectURL(blob), download: name });
      link.click();
      URL.revokeObjectURL(link.href);
      this.#said.textContent = `${plural(count, "call")} in ${name}.`;
    } catch (error) {
      this.#said.textContent = error.message;
    }
  }
}

customElements.define("save-tool", SaveTool);
