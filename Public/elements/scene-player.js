/**
 * `<scene-player>`: tells a scene of the book, call by call, on a machine of its own. Before a call it may ask what
 * the reader expects; the answer is given in the figure or chosen, and the machine decides whether it was right.
 *
 * A scene is a story (story.js) whose calls may have a `guess`:
 * - `ask`: the question
 * - `by`: "frames", "object" or "line", to be clicked in the figure, or "choice" with `choices(answers, view)`: [[value, text]]
 * - `isLate`: whether only the end of the scene decides
 * - `truth(answers, view, before)`: what came out, read from the machine after the call: frames as {pfn, count}, the
 *   address of an object, or a value
 * - `tell(truth, answers, view)`: that in words
 * - `reason(explain)`: what of the kernel's own explanation of the call belongs to the verdict
 */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { frameRange } from "../words.js";

const HINTS = {
  frames: "Choose a block in the map or in the lists: click it, or walk there with the arrow keys and press Enter.",
  object: "Choose an object in the picture of the slab: click it, or walk there with the arrow keys and press Enter.",
  line: "Click a line, or walk there with the arrow keys and press Enter.",
  choice: "Choose one.",
};

class ScenePlayer extends HTMLElement {
  /** What the reader expects of the next call; null until asked and answered. */
  #guess = null;
  /** What the machine looked like when the guess was made. */
  #before = null;
  /** Guesses that are not decided yet. */
  #open = [];
  /** step -> {right, text}: how a guess turned out. */
  #verdicts = new Map();
  #asked = null;
  #story = null;
  #place = el("p", { class: "place" });
  #verdict = el("p", { class: "outcome", role: "status", "aria-live": "polite" });
  #caption = el("p", { class: "caption", "aria-live": "polite" });
  #question = el("p", { class: "question", tabindex: "-1" });
  #choices = el("div", { class: "guesses", role: "group", "aria-label": "Your guess" });
  #hint = el("p", { class: "sub guess-hint", role: "status" });
  #call = el("button", { type: "button", class: "primary", "data-act": "call", onclick: () => this.#act() });
  #end = el("p", { class: "sub" });

  connectedCallback() {
    this.append(this.#place, this.#caption, this.#verdict, this.#question, this.#choices, this.#hint, this.#call, this.#end);
    lab.addEventListener("view", () => this.#draw());
    lab.addEventListener("story", () => {
      this.#judge();
      this.#draw();
    });
    document.addEventListener("line", (event) => this.#take("line", event.detail));
    lab.addEventListener("select", () => this.#take("frames", lab.selected));
    lab.addEventListener("cache", () => this.#take("object", lab.object));
  }

  /** The question before the next call, if it has one. */
  get #part() {
    const { story, isPast, trunk } = lab;
    return story && !isPast && !trunk ? story.definition.calls[story.answers.length] ?? null : null;
  }

  /** A choice in the figure is a guess if one was asked for, and if the reader made it, not the page itself. */
  #take(by, value) {
    if (this.#part?.guess?.by !== by || value === null || lab.isActing) return;
    this.#guess = value;
    this.#before = lab.view;
    this.#draw();
  }

  #act() {
    if (lab.trunk) lab.leaveBranch();
    else if (lab.isPast) lab.move(1);
    else lab.story?.advance(lab);
  }

  /** The story moved on, by whatever button: does it bear out what the reader guessed? */
  #judge() {
    const { story, view } = lab;
    const part = this.#asked;
    const isNext = story && story === this.#story && part && story.definition.calls[story.answers.length - 1] === part;
    if (isNext && part.guess && this.#guess !== null) {
      this.#open.push({ guess: part.guess, value: this.#guess, before: this.#before, answers: story.answers.slice(0, -1) });
    }
    if (!isNext) return;
    for (const one of this.#open.filter(({ guess }) => !guess.isLate || story.next === null)) {
      this.#open.splice(this.#open.indexOf(one), 1);
      const truth = one.guess.truth(story.answers, view, one.before);
      const right = isRight(one.guess.by, one.value, truth);
      const words = one.guess.tell(truth, story.answers, view);
      this.#decide(lab.step, right, `${right ? "Right." : `Not ${spoken(one.guess, one.value, one.answers, one.before)}.`} ${words}`, one.guess.reason);
      if (one.guess.by === "frames" && truth) lab.select(truth);
    }
  }

  /** Puts a verdict on show; with the kernel's reason if one is wanted, which comes a moment later. */
  async #decide(step, right, text, reason) {
    const verdicts = this.#verdicts;
    if (!reason) return void verdicts.set(step, { right, text });
    const told = await lab.explain().then(({ explain }) => ` ${reason(explain)}`, () => "");
    verdicts.set(step, { right, text: text + told });
    if (verdicts === this.#verdicts) this.#draw();
  }

  #draw() {
    const { story, view, trunk } = lab;
    this.hidden = !view || (!story && !trunk);
    if (this.hidden) return;
    if (story !== this.#story && story) {
      this.#story = story;
      this.#verdicts = new Map();
      this.#open = [];
    }
    const part = this.#part;
    if (part !== this.#asked) {
      this.#asked = part;
      this.#guess = null;
      this.#choices.replaceChildren(...(part?.guess?.by === "choice" ? this.#options(part.guess) : []));
    }
    const guess = part?.guess ?? null;
    const verdict = this.#verdicts.get(lab.step);
    set(this.#place, trunk ? "On a branch" : `${story.definition.title} · call ${story.place}`);
    set(this.#caption, trunk ? branchWords(trunk) : story.captions.get(lab.step) ?? "A call of your own.");
    set(this.#verdict, verdict ? verdict.text : "");
    this.#verdict.dataset.right = verdict?.right ?? "";
    set(this.#question, part ? guess?.ask ?? part.ask : "");
    set(this.#hint, guess ? this.#hintWords(guess) : "");
    this.#choices.hidden = guess?.by !== "choice";
    for (const choice of this.#choices.querySelectorAll("button")) choice.setAttribute("aria-pressed", String(choice.value === this.#guess));
    this.#drawButton(part, guess);
    this.#tellQuestion(guess);
  }

  /** Tells the step bar whether a question waits, and how one gets there; not where the player is not shown. */
  #tellQuestion(guess) {
    const state = !guess || !this.getClientRects().length ? null : this.#guess === null ? "open" : "answered";
    if (state === (lab.question?.state ?? null)) return;
    lab.question = state && { state, go: () => this.#goToQuestion() };
    lab.tell("question");
  }

  #goToQuestion() {
    this.#question.focus({ preventScroll: true });
    this.#question.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  #drawButton(part, guess) {
    const { story, isPast, trunk } = lab;
    const words = trunk ? ["Back to the story"] : isPast ? ["Next step"] : !part ? null
      : [guess && this.#guess !== null ? "Check it: " : guess ? "Just call " : "Call ", el("code", {}, story.next.text)];
    this.#call.hidden = words === null;
    this.#call.classList.toggle("primary", !guess || this.#guess !== null);
    if (words) this.#call.replaceChildren(...words);
    set(this.#end, words ? "" : "The end of this scene. Step back with the arrow keys, ask “why?”, or branch off and try something else.");
  }

  #options(guess) {
    return guess.choices(lab.story.answers, lab.view).map(([value, text]) => el("button", {
      type: "button", value, "aria-pressed": "false", onclick: () => this.#take("choice", value),
    }, text));
  }

  #hintWords(guess) {
    if (this.#guess === null) return HINTS[guess.by];
    return `Your guess: ${spoken(guess, this.#guess, lab.story.answers, lab.view)}.`;
  }
}

/** Sets a text only if it is another one, so that a live region does not speak twice. */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

function branchWords({ step }) {
  return `This is what would have been. The branch left the story after step ${step} and is a machine of its own; the story waits unharmed.`;
}

function isRight(by, guess, truth) {
  if (truth === null) return false;
  if (by !== "frames") return guess === truth;
  return guess.pfn <= truth.pfn && truth.pfn + truth.count <= guess.pfn + guess.count;
}

function spoken(guess, value, answers, view) {
  if (guess.by === "frames") return frameRange(value.pfn, value.count);
  if (guess.by === "choice") return `“${guess.choices(answers, view).find(([one]) => one === value)?.[1] ?? value}”`;
  return guess.by === "line" ? `line ${value}` : `the object at ${value}`;
}

customElements.define("scene-player", ScenePlayer);
