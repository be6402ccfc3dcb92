/**
 * A chapter without its text: `?embed` leaves the stage, `?embed=NAME` one figure of it with its steps. NAME is what
 * the figure is called in the page: `map`, `lists`, `slabs`, `walk` …
 *
 * The server lets other sites show only these forms in a frame. A figure there acts on a session of its own, whose
 * token it keeps in memory, and never on the visitor's cookie, so there is nothing to be gained by leading clicks to it.
 */
import { el } from "../dom.js";

const wanted = new URLSearchParams(location.search).get("embed");

export const isEmbedded = wanted !== null;

const figures = () => [...document.querySelectorAll(".picture .panel")];
const nameOf = (panel) => panel.id || panel.dataset.part;

/** Leaves only what is asked for. */
export function embed() {
  document.body.classList.add("embedded");
  const figure = figures().find((panel) => nameOf(panel) === wanted);
  if (figure) {
    document.body.classList.add("one-figure");
    figure.classList.add("wanted");
    figure.closest(".picture > *").classList.add("has-wanted");
    if (figure.matches("details")) figure.open = true;
  }
  document.querySelector(".stage").append(el("p", { class: "sub from" }, "From the book: ", el("a", {
    href: location.pathname, target: "_blank", rel: "noopener", onclick: (event) => { event.currentTarget.hash = location.hash; },
  }, document.querySelector("h1").textContent)));
}

/** The line with which another page shows a figure of this one at the step on show: the whole stage if it has no name. */
export function frameLine(name = "") {
  const address = new URL(location.href);
  address.search = name ? `?embed=${name}` : "?embed";
  return `<iframe src="${address.href.replaceAll("&", "&amp;")}" title="${document.title}" width="760" height="600"></iframe>`;
}

/** The figures of this page that can be shown alone: [name, title]. */
export function figureNames() {
  return figures().filter((panel) => !panel.hidden)
    .map((panel) => [nameOf(panel), (panel.querySelector("h3") ?? panel.querySelector("summary")).textContent.trim()]);
}
