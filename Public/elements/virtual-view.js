/** `<virtual-view>`: areas of vmalloc and their frames, an address in the page tables, and the TLB. */
import { el } from "../dom.js";
import "./area-map.js";
import "./page-walk.js";
import "./tlb-lab.js";
import "./tlb-picture.js";

class VirtualView extends HTMLElement {
  connectedCallback() {
    this.tabIndex = -1;
    this.append(
      part("areas", "Areas and their frames", "area-map"), part("walk", "An address in the page tables", "page-walk"),
      part("loads", "What the TLB makes of it", "tlb-lab"), part("places", "What the TLB remembers", "tlb-picture"));
  }
}

function part(name, title, tag) {
  return el("section", { class: "view-part", "aria-labelledby": `${name}-title` },
    el("h3", { id: `${name}-title` }, title), document.createElement(tag));
}

customElements.define("virtual-view", VirtualView);
