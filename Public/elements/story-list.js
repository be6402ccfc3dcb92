/** `<story-list>`: the preset stories; the chosen one is told call by call, never by itself. */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { STORIES, storyOf } from "../stories.js";
import { Story, reach } from "../story.js";

class StoryList extends HTMLElement {
  #shown = null;
  #card = el("div", { class: "card", hidden: true });
  #buttons = STORIES.map(({ id, title }) => el("button", {
    type: "button", "aria-pressed": "false", "data-story": id, onclick: () => lab.isSpectator || startStory(id),
  }, title));

  connectedCallback() {
    this.append(
      el("div", { class: "choices", role: "group", "aria-label": "Stories" }, this.#buttons), this.#card);
    lab.addEventListener("story", () => this.#draw());
    for (const name of ["view", "watch"]) lab.addEventListener(name, () => this.#draw());
  }

  #draw() {
    const { story } = lab;
    for (const button of this.#buttons) {
      button.setAttribute("aria-disabled", String(lab.isSpectator));
      button.title = lab.isSpectator ? lab.hindrance : "";
      const chosen = button.dataset.story === story?.definition.id;
      button.setAttribute("aria-pressed", String(chosen));
      if (chosen && this.#shown !== story) reveal(button);
    }
    this.#shown = story;
    this.#card.hidden = !story;
    if (!story) return;
    const focused = this.#card.contains(document.activeElement);
    const caption = story.captions.get(lab.step);
    this.#card.replaceChildren(
      el("p", { class: "place" }, el("strong", {}, story.definition.title), ` · call ${story.place}`),
      caption ? el("p", { class: "caption", "aria-live": "polite" }, caption) : "",
      lab.isPast ? el("button", { type: "button", onclick: () => lab.move(1) }, "Next step") : next(story));
    if (focused) (this.#card.querySelector("button") ?? this.querySelector("[aria-pressed=true]")).focus({ preventScroll: true });
  }
}

/** Scrolls the row of stories, which is longer than a phone is wide, to a button; never the page. */
function reveal(button) {
  const row = button.parentElement;
  const [place, room] = [button.getBoundingClientRect(), row.getBoundingClientRect()];
  if (place.left < room.left || place.right > room.right) row.scrollLeft += place.left - room.left - 16;
}

function next(story) {
  if (!story.next) return el("p", { class: "sub" }, "The end. Step back to see it again, or go on by yourself.");
  return el("div", { class: "row ask" }, el("p", { class: "question" }, story.next.ask),
    el("button", { type: "button", class: "primary", onclick: () => story.advance(lab) },
      "Call ", el("code", {}, story.next.text)));
}

/**
 * Boots a fresh classroom, so that the story is the same for everyone, makes its calls up to a step, and waits for the
 * reader; false if there is no such story. Without a machine all stays as it was.
 */
export async function startStory(id, step = 0, why = "") {
  const definition = await storyOf(id);
  if (!definition) return false;
  if (!(await lab.boot({ machine: "classroom", ...definition.machine }))) return true;
  const kernel = definition.machine?.debug ? " with a debug kernel" : "";
  const notice = { kind: "info", text: `${why}A fresh machine${kernel} was booted for this story${step ? ", and its calls were made" : ""}.` };
  lab.notify(notice);
  lab.about(definition.topic ?? "pages");
  lab.tellStory(new Story(definition));
  if (step) {
    await reach(lab, step);
    if (lab.step === step) lab.notify(notice);
  }
  return true;
}

customElements.define("story-list", StoryList);
