/** `<share-tool>`: the link by which others follow this session and change nothing. */
import { copyButton, el } from "../dom.js";
import { lab } from "../lab.js";

class ShareTool extends HTMLElement {
  #draw = () => {
    const { viewToken } = lab;
    const link = `${location.origin}/lab#view=${viewToken}`;
    this.replaceChildren(...(viewToken
      ? [el("p", {}, "Whoever has this link sees every step the moment it is made, and can change nothing."),
        el("div", { class: "row" }, el("pre", { tabindex: "0", "aria-label": "link to look on" }, link), copyButton(() => link, "the link"))]
      : [el("p", { class: "sub" }, "The token that only looks is told once, when a session is booted, and this page does not have it.")]));
  };

  connectedCallback() {
    lab.addEventListener("story", this.#draw);
    this.#draw();
  }

  disconnectedCallback() {
    lab.removeEventListener("story", this.#draw);
  }
}

customElements.define("share-tool", ShareTool);
