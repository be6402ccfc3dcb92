/** The small machine that plays a story: its calls so far, and the caption of each; calls of one batch share theirs. */
import { requests } from "./api.js";

/** A story being played on a machine. */
export class Story {
  answers = [];
  captions = new Map();
  #turn = Promise.resolve();
  #takenBack = [];

  constructor(definition) {
    this.definition = definition;
    this.captions.set(0, definition.intro);
  }

  /** The call that comes next, or null at the end. */
  get next() {
    const part = this.definition.calls[this.answers.length];
    return part ? { text: part.call(this.answers), ask: part.ask, request: part.request?.(this.answers) } : null;
  }

  get place() {
    return `${this.answers.length} of ${this.definition.calls.length}`;
  }

  /** Forgets the calls behind step `last`, which were undone. */
  takeBack(last) {
    this.#takenBack = [...this.answers.filter((answer) => answer.step > last), ...this.#takenBack];
    this.answers = this.answers.filter((answer) => answer.step <= last);
  }

  /** Remembers what was redone, up to step `last`. */
  bringBack(last) {
    this.answers = [...this.answers, ...this.#takenBack.filter((answer) => answer.step <= last)];
    this.#takenBack = this.#takenBack.filter((answer) => answer.step > last);
  }

  /** Makes the next call on the machine of `lab`; a second click waits for the first. */
  advance(lab) {
    this.#turn = this.#turn.then(() => this.#advance(lab));
    return this.#turn;
  }

  async #advance(lab) {
    const next = this.next;
    if (!next) return;
    const answer = await lab.perform(next.request ?? requests.call(next.text));
    if (!answer || lab.story !== this) return;
    const part = this.definition.calls[this.answers.length];
    const count = Array.isArray(next.request?.body) ? next.request.body.length : 1;
    const steps = Array.from({ length: count }, (_, index) => answer.step - count + 1 + index);
    this.#takenBack = [];
    this.answers = [...this.answers, { ...answer, batch: steps.map((step) => lab.answers.get(step)?.answer) }];
    const caption = part.say(this.answers, lab.view).trim();
    for (const step of steps) this.captions.set(step, caption);
    lab.tellStory(this);
  }
}
