/** What plays a story: its calls so far, and the caption of each; calls of one batch share theirs. */
import { requests } from "./api.js";

/** A story being played on a machine. */
export class Story {
  answers = [];
  captions = new Map();
  #turn = Promise.resolve();
  #takenBack = [];
  /** Calls that are being made. */
  #underway = 0;

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

  /** Whether a call was sent and not answered yet. */
  get isCalling() {
    return this.#underway > 0;
  }

  /** Whether every call up to a step is the story's, in its order: the story leads everyone to the same step then. */
  tells(step) {
    const told = this.answers.flatMap(({ batch }) => batch.map((one) => one?.step));
    return step <= told.length + this.#underway && told.slice(0, step).every((one, index) => one === index + 1);
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
    let count = 0;
    const answer = await lab.perform(() => {
      const { next } = this;
      if (!next) return null;
      count = Array.isArray(next.request?.body) ? next.request.body.length : 1;
      this.#underway = count;
      return next.request ?? requests.call(next.text);
    }, null, this);
    this.#underway = 0;
    if (!answer || lab.story !== this) return;
    const part = this.definition.calls[this.answers.length];
    const steps = Array.from({ length: count }, (_, index) => answer.step - count + 1 + index);
    this.#takenBack = [];
    this.answers = [...this.answers, { ...answer, batch: steps.map((step) => lab.answers.get(step)?.answer) }];
    const caption = part.say(this.answers, lab.view).trim();
    for (const step of steps) this.captions.set(step, caption);
    lab.tellStory(this);
  }
}

/** Shows a step; the calls of the story that lead there are made if they were not yet. */
export async function reach(lab, step) {
  while (lab.last < step && lab.story?.next) {
    const { last } = lab;
    await lab.story.advance(lab);
    if (lab.last === last) break;
  }
  if (lab.step !== step) await lab.go(step);
}
