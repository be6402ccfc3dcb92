/** `<watch-tool>`: follows the session of a token, or of a link that has one. */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { tokenIn, watch } from "../watching.js";

class WatchTool extends HTMLElement {
  #text = el("input", {
    id: "watch-token", type: "text", required: true, spellcheck: "false", autocomplete: "off", autocapitalize: "off", placeholder: "kmv_…", "aria-describedby": "watch-error",
  });
  #error = el("p", { id: "watch-error", class: "error", role: "alert" });

  connectedCallback() {
    this.append(el("form", { onsubmit: (event) => this.#watch(event) },
      el("label", { for: "watch-token" }, "Token of the session, or the link to look on"),
      el("div", { class: "row" }, this.#text, el("button", { type: "submit", class: "primary" }, "Follow")), this.#error),
    el("p", { class: "sub" }, "Nothing is changed by following. Your own session stays, and you come back to it."));
    this.#text.focus();
  }

  async #watch(event) {
    event.preventDefault();
    const token = tokenIn(this.#text.value);
    this.#error.textContent = token ? "" : "A token is kmv_ or kml_ and 48 hexadecimal digits.";
    if (!token) return;
    const failed = await lab.queue(() => watch(lab, token).then(() => null, (error) => error));
    if (failed) this.#error.textContent = failed.status === 401 ? "No session has this token; it may have ended." : failed.message;
    else this.dispatchEvent(new Event("done", { bubbles: true }));
  }
}

customElements.define("watch-tool", WatchTool);
