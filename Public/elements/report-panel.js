/** `<report-panel>`: what a grader would read: misuses up to the step on show, and what was never freed. */
import { callCode, el } from "../dom.js";
import { drawsView } from "../drawing.js";
import { isHighCall } from "../high.js";
import { lab } from "../lab.js";
import { plural } from "../words.js";
import { misuseBox } from "./call-answer.js";

const MOST_LEAKS = 12;

class ReportPanel extends HTMLElement {
  connectedCallback() {
    drawsView(this, () => this.#draw());
  }

  #draw() {
    const { summary, live, misuse, leaks, peak_pages: most, peak_use: use } = lab.view.report;
    this.replaceChildren(
      el("p", {}, summary),
      el("dl", {}, [
        ["Live", `${plural(live.blocks, "block")}, ${plural(live.pages, "page")}`],
        ["Objects", `${plural(live.objects, "object")}, ${plural(live.bytes, "byte")} asked for`],
        ["At most", `${plural(most, "page")}${most ? ` (${uses(use)})` : ""}`],
        ["Misuses", String(misuse.length)],
      ].map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      ...misuse.map((one) => el("div", {}, stepLink(one.step), " ", callCode(one.call), misuseBox(one))),
      leaks.length ? el("h3", {}, "Not freed so far") : "",
      leaks.length ? el("ul", { class: "leaks" }, leaks.slice(0, MOST_LEAKS).map((leak) =>
        el("li", {}, stepLink(leak.step), " ", callCode(leak.call), `, ${isHighCall(leak.call) ? "a mapping" : leak.pages ? plural(leak.pages, "page") : plural(leak.bytes, "byte")}`))) : "",
      leaks.length > MOST_LEAKS ? el("p", { class: "sub" }, `and ${leaks.length - MOST_LEAKS} more`) : "");
  }
}

/** What the pages were for when there were most of them. */
function uses(use) {
  return [["block_pages", "blocks"], ["area_pages", "areas"], ["slab_pages", "slabs"], ["table_pages", "page tables"]]
    .filter(([key]) => use[key]).map(([key, name]) => `${use[key]} ${name}`).join(", ");
}

function stepLink(step) {
  return el("button", { type: "button", class: "link", onclick: () => lab.go(step) }, `Step ${step}`);
}

customElements.define("report-panel", ReportPanel);
