/**
 * `<who-knows>`: the structures of a driver as the driver sees them and as the kernel does. With a home-made free
 * list the kernel takes all of them for needed; with a cache and its shrinker, both see the same.
 */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { plural } from "../words.js";

class WhoKnows extends HTMLElement {
  #asked = null;

  connectedCallback() {
    lab.addEventListener("view", () => this.#draw());
  }

  async #draw() {
    const { view } = lab;
    this.#asked = view;
    const { freelists } = await lab.api.get("/freelists", { step: view.step });
    if (this.#asked !== view) return;
    const [list] = freelists;
    const cache = list ? cacheFor(view.caches, list.size) : view.caches.find((one) => one.unused_objects !== undefined && one.name === "mine");
    if (!cache) return this.replaceChildren(el("p", { class: "sub" }, "The driver has nothing yet."));
    const unused = list ? list.nr_free : cache.unused_objects;
    const total = cache.live_objects;
    this.replaceChildren(
      row("The driver", total, unused, list ? "on its list, not needed" : "marked, not needed", list ? `${list.hits} of ${list.gets} requests were met from the list.` : ""),
      row("The kernel", total, list ? 0 : unused, "may be taken back", list && unused ? "To the kernel all of them are somebody’s." : ""));
  }
}

/** The smallest cache of kmalloc with room for `size` bytes. */
function cacheFor(caches, size) {
  return caches.filter((one) => /^kmalloc-\d/.test(one.name) && one.object_size >= size).sort((a, b) => a.object_size - b.object_size)[0];
}

function row(who, total, idle, words, more) {
  const part = (kind, count) => {
    const piece = el("span", { class: `part ${kind}` });
    piece.style.setProperty("flex-grow", String(count));
    return piece;
  };
  return el("div", { class: "knows" }, el("b", {}, who),
    el("div", {}, el("div", { class: "bar", "aria-hidden": "true" }, part("asked", total - idle), part("idle", idle), total ? null : part("tail", 1)),
      el("p", { class: "sub" }, `${plural(total - idle, "structure")} in use, ${idle.toLocaleString("en")} ${words}. ${more}`.trim())));
}

customElements.define("who-knows", WhoKnows);
