/**
 * Following a session by its token: with one that only looks (`kmv_…`) as a spectator, with the session's own
 * (`kml_…`) until one chooses to act on it.
 */
import { Kmemlab, Problem } from "./api.js";
import { follow } from "./events.js";
import { keepWatched } from "./sessions.js";
import { topicOf } from "./topics.js";

/** Milliseconds without an event after which a line is quiet. */
const QUIET = 60_000;

const TOKEN = /km[lv]_([0-9a-f]{16})[0-9a-f]{32}/;

/** The token in a text or a link; null if there is none. */
export const tokenIn = (text) => TOKEN.exec(text)?.[0] ?? null;

/** Puts the session of a token on show and follows it; throws a `Problem` if there is none, and nothing has changed. */
export async function watch(lab, token) {
  const api = new Kmemlab("", { token });
  const id = TOKEN.exec(token)[1];
  const { machine } = await api.session(id);
  lab.watching?.end();
  const watching = new Watching(lab, token);
  lab.api = api;
  lab.adopt(machine, watching.isOwn ? token : null, id, watching.isOwn ? null : token);
  lab.watching = watching;
  lab.notify(null);
  await watching.begin();
  keepWatched(token);
}

class Watching {
  /** How the line is: "opening", "live", "waiting", "ended", or "lost". */
  line = "opening";
  /** Whether what is on show moves on with the session. */
  follows = true;
  /** Whether calls are made from here: only with the session's own token, and only when the reader says so. */
  acts = false;
  /** Events behind what is on show. */
  news = 0;
  /** Whether nothing has happened for a while: no event says that whoever made the calls has gone on. */
  isQuiet = false;
  #clock = null;
  #lab;
  #control = new AbortController();

  constructor(lab, token) {
    this.#lab = lab;
    this.isOwn = token.startsWith("kml_");
  }

  /** Shows how things are and hears what happens from there on. */
  async begin() {
    const lab = this.#lab;
    const { step, state_hash: hash } = await this.#catchUp();
    this.#listen();
    follow(lab.api, {
      from: `${step}-${hash}`, signal: this.#control.signal,
      hear: (event) => lab.queue(() => this.#hear(event)),
      tell: (line) => this.#change({ line }),
    }).then(() => this.line !== "ended" && !this.#control.signal.aborted && this.#change({ line: "lost" }), (error) => {
      this.#change({ line: error instanceof Problem && error.status === 401 ? "ended" : "lost" });
    });
  }

  async #catchUp() {
    const lab = this.#lab;
    const state = await lab.api.get("/snapshot");
    lab.entries.clear();
    await lab.readJournal();
    lab.last = state.step;
    lab.halted = state.halted?.oops ?? null;
    lab.about(topicOf(lab.entries.get(lab.last)?.call, "pages"));
    await lab.show(state.step);
    this.#change({});
    return state;
  }

  async #hear({ type, data }) {
    const lab = this.#lab;
    if (lab.watching !== this) return;
    this.#listen();
    if (type === "end") return this.#change({ line: "ended" });
    if (type === "reset") {
      lab.snapshots.forget();
      return this.#catchUp();
    }
    if (this.#isKnown(type, data)) return;
    if (type === "call") {
      lab.snapshots.forget(data.step);
      lab.entries.set(data.step, data);
      lab.answers.delete(data.step);
    }
    lab.last = data.step;
    if (this.follows || lab.step > lab.last) this.#showNewest();
    else this.#change({ news: this.news + 1 });
  }

  /** Waits for the next event from now on. */
  #listen() {
    clearTimeout(this.#clock);
    this.#clock = setTimeout(() => this.#change({ isQuiet: true }), QUIET);
    if (this.isQuiet) this.#change({ isQuiet: false });
  }

  /** What was done from this page was shown when it was answered. */
  #isKnown(type, { step, call, returned }) {
    const { last, answers } = this.#lab;
    if (!this.acts) return false;
    const own = answers.get(step)?.answer;
    return type === "call" ? step <= last && own?.call === call && own.returned === returned : step === last;
  }

  /** Shows the newest step, once all events that have come are heard. */
  #showNewest() {
    const lab = this.#lab;
    const { last } = lab;
    lab.queue(async () => {
      if (lab.watching !== this || lab.last !== last || !this.follows) return;
      lab.about(topicOf(lab.entries.get(last)?.call, lab.topic));
      await lab.show(last);
      lab.halted = lab.view.halted?.oops ?? null;
      const page = lab.view.pages.find((one) => one.allocated_at_step === last);
      if (page) lab.select({ pfn: page.pfn, count: 2 ** page.order });
      this.#change({ news: 0 });
      if (lab.halted) lab.tell("notice");
    });
  }

  /** The reader goes to a step: following pauses, and goes on at the newest. */
  goes(step) {
    const follows = step >= this.#lab.last;
    if (follows !== this.follows) this.#change({ follows, news: 0 });
  }

  pause() {
    this.#change({ follows: false });
  }

  /** Shows the newest step and follows again. */
  resume() {
    this.#change({ follows: true, news: 0 });
    this.#lab.go(this.#lab.last);
  }

  /** Lets the reader make calls. */
  act() {
    if (this.isOwn) this.#change({ acts: true });
  }

  /** Hears nothing more. */
  end() {
    clearTimeout(this.#clock);
    this.#control.abort();
    keepWatched(null);
  }

  /** Goes back to the session of this browser. */
  leave() {
    const lab = this.#lab;
    this.end();
    lab.watching = null;
    lab.api = new Kmemlab();
    history.replaceState(null, "", location.pathname + location.search);
    lab.tell("watch");
    return lab.home();
  }

  #change(news) {
    Object.assign(this, news);
    if (this.#lab.watching === this) this.#lab.tell("watch");
  }
}
