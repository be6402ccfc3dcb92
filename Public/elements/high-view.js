/** `<high-view>`: the line above which no frame has an address, and the two kinds of windows for what lies there. */
import { el } from "../dom.js";
import "./kmap-pool.js";
import "./live-mappings.js";
import "./memory-line.js";
import "./temporary-slots.js";

class HighView extends HTMLElement {
  connectedCallback() {
    this.tabIndex = -1;
    this.append(
      part("line", "The line above which no frame has an address", "memory-line"), part("pool", "For as long as it is wanted: kmap’s pool", "kmap-pool"),
      part("moment", "For a moment: kmap_atomic", "temporary-slots"), part("mapped", "Mapped now", "live-mappings"));
  }
}

function part(name, title, tag) {
  return el("section", { class: "view-part", "aria-labelledby": `${name}-title` },
    el("h3", { id: `${name}-title` }, title), document.createElement(tag));
}

customElements.define("high-view", HighView);
