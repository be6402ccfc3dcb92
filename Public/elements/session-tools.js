/** `<session-tools>`: shows the session to others, follows theirs, keeps its calls as a file. */
import { el } from "../dom.js";

const TOOLS = {
  share: ["Share a view", () => import("./share-tool.js")], watch: ["Follow a session", () => import("./watch-tool.js")],
  save: ["Save the calls", () => import("./save-tool.js")], load: ["Load calls", () => import("./load-tool.js")],
};

class SessionTools extends HTMLElement {
  #body = el("div", { id: "session-tool", hidden: true });
  #buttons = Object.entries(TOOLS).map(([name, [title]]) => el("button", {
    type: "button", "data-tool": name, "aria-expanded": "false", "aria-controls": "session-tool", onclick: () => this.#turn(name),
  }, title));

  connectedCallback() {
    this.append(el("div", { class: "choices", role: "group", "aria-label": "Session" }, this.#buttons), this.#body);
    this.addEventListener("done", () => this.#show(null));
  }

  async #turn(name) {
    if (this.#open === name) return this.#show(null);
    await TOOLS[name][1]();
    this.#show(name);
  }

  get #open() {
    return this.#buttons.find((one) => one.getAttribute("aria-expanded") === "true")?.dataset.tool ?? null;
  }

  #show(name) {
    const hadFocus = this.#body.contains(document.activeElement) ? this.#open : null;
    for (const button of this.#buttons) {
      button.setAttribute("aria-expanded", String(button.dataset.tool === name));
      if (button.dataset.tool === hadFocus) button.focus();
    }
    this.#body.hidden = name === null;
    this.#body.replaceChildren(...(name ? [document.createElement(`${name}-tool`)] : []));
  }
}

customElements.define("session-tools", SessionTools);
