/**
 * What is on show, pointed at and chosen, and who is told of it: the part of the store (lab.js) that asks the server
 * nothing.
 */

/** Milliseconds that a frame is waited for: a window that is covered may draw none. */
const PATIENCE = 200;
/** Calls when nothing else is to be done, or soon where browsers cannot tell. */
const idle = globalThis.requestIdleCallback ?? ((call) => setTimeout(call));

export class Desk extends EventTarget {
  /** The step on show, the newest there is, and how the machine was then and one step before. */
  step = 0;
  last = 0;
  view = null;
  before = null;
  pointed = null;
  selected = null;
  notice = null;
  story = null;
  /** The slab cache on show: {name, detail, objects}, and how it was one step before. */
  cache = null;
  cacheBefore = null;
  /** The address of the object that was chosen. */
  object = null;
  /** The area of vmalloc on show, with its first pages. */
  area = null;
  /** The address that is looked up in the page tables; null for one that is worth it. */
  address = null;
  topic = "pages";
  #tasks = Promise.resolve();
  #pending = 0;
  /** Tasks that wait or run. */
  #acting = 0;

  get isPast() {
    return this.step < this.last;
  }

  point(range) {
    this.pointed = range;
    this.tell("point");
  }

  select(range) {
    this.selected = range;
    this.tell("select");
  }

  notify(notice) {
    this.notice = notice;
    this.tell("notice");
  }

  tellStory(story) {
    this.story = story;
    this.tell("story");
  }

  /** Tells the elements what is new. */
  tell(name) {
    this.dispatchEvent(new Event(name));
  }

  /** Runs tasks one after another, so that every click acts on the state it will see. */
  queue(task) {
    this.#pending += 1;
    this.#acting += 1;
    document.body.dataset.busy = "";
    const run = this.#tasks.then(task)
      .catch((error) => this.onTrouble(error))
      .catch((error) => this.notify({ kind: "trouble", text: `The server refused: ${error.message}` }));
    this.#tasks = run.finally(() => {
      this.#acting -= 1;
      this.#settle();
    });
    return run;
  }

  /** Whether a task waits or runs, which will most likely show another step. */
  get isActing() {
    return this.#acting > 0;
  }

  /** Ends when the step on show is painted and no task is left. */
  async painted() {
    do {
      await new Promise((done) => {
        setTimeout(done, PATIENCE);
        requestAnimationFrame(() => idle(done, { timeout: PATIENCE }));
      });
    } while (this.isActing);
  }

  /** The page is busy until `work` has ended too; tasks do not wait for it. */
  hold(work) {
    this.#pending += 1;
    document.body.dataset.busy = "";
    work.finally(() => this.#settle());
  }

  #settle() {
    this.#pending -= 1;
    if (this.#pending > 0) return;
    delete document.body.dataset.busy;
    document.body.dataset.step = this.step;
  }

  chooseObject(address) {
    this.object = address;
    this.tell("cache");
  }

  /** What the reader is about now: "pages", "slabs", "virtual" or "high". */
  about(topic) {
    if (this.topic === topic) return;
    this.topic = topic;
    document.body.dataset.topic = topic;
    this.tell("topic");
  }

  /** Looks an address up in the page tables. */
  lookAt(address) {
    this.address = address;
    this.tell("address");
  }
}
