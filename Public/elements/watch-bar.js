/** `<watch-bar>`: whose session is on show, whether the line is live, and the ways to look back and to go home. */
import { el } from "../dom.js";
import { lab } from "../lab.js";

const QUIET = "live, but quiet: whoever makes the calls may be at another scene, with a link of its own";
const LINES = { opening: "opening", live: "live", quiet: QUIET, waiting: "the line is cut, trying again", ended: "the session has ended", lost: "the line is lost" };

class WatchBar extends HTMLElement {
  #mark = el("span", { class: "mark", "aria-hidden": "true" });
  #state = el("p", { role: "status" });
  #follow = el("button", { type: "button", "data-act": "follow", onclick: () => (lab.watching.follows ? lab.watching.pause() : lab.watching.resume()) });
  #act = el("button", { type: "button", "data-act": "act", onclick: () => lab.watching.act() }, "Act on it");
  #leave = el("button", { type: "button", "data-act": "leave", onclick: () => lab.watching.leave() }, "Stop following");

  connectedCallback() {
    this.append(el("div", {}, this.#mark, this.#state), el("div", { class: "actions" }, this.#follow, this.#act, this.#leave));
    lab.addEventListener("watch", () => this.#draw());
    this.#draw();
  }

  #draw() {
    const { watching, session } = lab;
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    this.hidden = watching === null;
    if (this.hidden) {
      if (focused) document.querySelector("[data-tool=watch]")?.focus();
      return;
    }
    const { line, follows, news, acts, isOwn, isQuiet } = watching;
    this.dataset.line = line !== "live" ? line : !follows ? "paused" : isQuiet && !acts ? "quiet" : line;
    this.#mark.textContent = { live: "●", paused: "❚❚", ended: "■" }[this.dataset.line] ?? "○";
    const words = [acts ? "Acting on" : "Watching", ` session ${session}`, `, ${this.dataset.line === "paused" ? `paused${news ? `: ${news} new` : ""}` : LINES[this.dataset.line]}.`];
    if (this.#state.textContent !== words.join("")) this.#state.replaceChildren(words[0], el("span", { class: "session" }, words[1]), words[2]);
    this.#follow.textContent = follows ? "Pause following" : "Jump to live";
    this.#follow.hidden = line === "ended";
    this.#act.hidden = !isOwn || acts || line === "ended";
    if (focused?.hidden) this.#leave.focus();
    this.#leave.textContent = acts ? "Back to my own session" : "Stop watching";
  }
}

customElements.define("watch-bar", WatchBar);
