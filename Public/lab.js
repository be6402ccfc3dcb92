/**
 * The page's one store: which session, which steps were done, which one is looked at.
 *
 * Elements listen to its events and call its methods; they never talk to the server or to each other.
 * - `view`: another step or other data is on show (`lab.view`, `lab.before`)
 * - `point`: the mouse or the focus is on some frames (`lab.pointed`)
 * - `cache`: another slab cache is on show (`lab.cache`, `lab.cacheBefore`), or another object (`lab.object`)
 * - `area`: another area of vmalloc is on show (`lab.area`)
 * - `address`: another address is looked up in the page tables (`lab.address`)
 * - `topic`: the reader's interest went to pages, slabs, virtual memory or high memory (`lab.topic`)
 * - `select`: a block was chosen for the inspector (`lab.selected`)
 * - `notice`: something to tell the reader (`lab.notice`): "info", an "error" of the call that was typed, or "trouble" that
 *   has nothing to do with it
 * - `question`: the story's next call has a question to the reader, or it was answered (`lab.question`)
 * - `story`: the running story moved on (`lab.story`)
 * - `watch`: somebody else's session is followed, or not any more (`lab.watching`)
 */
import { Problem, requests } from "./api.js";
import { likeness, remember, remembered } from "./sessions.js";
import { Steps } from "./steps.js";
import { topicOf } from "./topics.js";

class Lab extends Steps {
  machine = null;
  token = null;
  halted = null;
  undone = 0;
  /** The question before the story's next call: {state: "open" or "answered", go()}; null if there is none. */
  question = null;
  /** The id of the session, and the token that only looks at it, if it is known. */
  session = null;
  viewToken = null;
  /** Goes back to the session of this browser. */
  home = null;
  /** What begins anew when the session has expired or the machine has halted; null: a machine of that kind. */
  restart = null;
  /** What brings back a session that has expired, given the error; false, or null, for a machine of the same kind. */
  revive = null;
  /** Whether the reader's own calls are made on a branch, so that the steps of a story stay what they are. */
  branchesOff = false;
  /** The ids of sessions whose tokens or links were shown, so that others may look at them. */
  shared = new Set();
  /** The session whose link to look on was shown last. */
  lookedOn = null;

  // MARK: Sessions

  /** Finds the session that this browser had, or boots the classroom. */
  open(warmUp) {
    return this.queue(async () => {
      const { id, view } = remembered() ?? {};
      if (!id) return this.#boot({ machine: "classroom" }, warmUp);
      try {
        const { machine, step, halted } = await this.api.session(id);
        this.adopt(machine, null, id, view);
        this.halted = halted?.oops ?? null;
        await this.readJournal();
        this.last = step;
        await this.show(stepInAddress() ?? step);
        this.about(topicOf(this.entries.get(this.step)?.call, "pages"));
      } catch (error) {
        if (!(error instanceof Problem) || ![401, 403, 404].includes(error.status)) throw error;
        await this.#boot({ machine: "classroom" }, warmUp);
        this.notify({ kind: "info", text: "Your last session has expired. This is a freshly booted machine." });
      }
    });
  }

  /** Starts a fresh machine; `warmUp` makes its first calls. */
  boot(machine, warmUp = null) {
    return this.queue(() => this.#boot(machine, warmUp));
  }

  /** Starts a fresh machine like the one on show. */
  reboot() {
    return this.restart ? this.restart() : this.boot(likeness(this.machine));
  }

  async #boot(machine, warmUp) {
    const session = await this.api.boot(machine);
    if (!this.api.usesToken) remember({ id: session.id, view: session.view_token });
    this.adopt(session.machine, session.token, session.id, session.view_token);
    if (warmUp) await warmUp((request) => this.#send(request));
    await this.show(this.last);
    const newest = this.view.pages[this.view.pages.length - 1];
    if (newest) this.select({ pfn: newest.pfn, count: 2 ** newest.order });
    return session;
  }

  /** Puts another session on show, of which nothing is known yet. */
  adopt(machine, token, session, viewToken = null) {
    Object.assign(this, { machine, token, session, viewToken, trunk: null, last: 0, step: 0, view: null, before: null });
    Object.assign(this, { pointed: null, selected: null, halted: null, story: null, undone: 0 });
    Object.assign(this, { cache: null, cacheBefore: null, nextCache: null, object: null, area: null, address: null });
    this.entries.clear();
    this.answers.clear();
    this.snapshots.giveUp();
    this.snapshots.forget();
    document.body.dataset.machine = machine.kind;
    this.tell("story");
    this.tell("select");
  }

  /** Reads all calls that were made. */
  async readJournal() {
    for (const entry of await this.api.journal()) this.entries.set(entry.step, entry);
  }

  /** Shows what others made of the session meanwhile; only for tasks of the queue. */
  async reread() {
    const { step, halted } = await this.api.session(this.session);
    this.snapshots.forget(Math.min(this.last, step) + 1);
    this.undone = 0;
    this.last = step;
    this.halted = halted?.oops ?? null;
    await this.readJournal();
    this.about(topicOf(this.entries.get(step)?.call, this.topic));
    await this.show(step);
  }

  /** Branches off at `step`: calls go to a machine of their own until `leaveBranch`. For clients that hold tokens. */
  branch(step) {
    return this.queue(async () => (await import("./branches.js")).branch(this, step));
  }

  /** Ends the branch and shows what was left for it. */
  leaveBranch() {
    return this.queue(async () => (await import("./branches.js")).leaveBranch(this));
  }

  /** Why no call can be made on what is on show; null if one can. */
  get hindrance() {
    if (this.isSpectator) return "You are watching. Calls are made by whoever has the session’s own token.";
    return this.isPast ? "This is the past. Go to the newest step to act." : null;
  }

  /** Whether the session is somebody else's, who alone makes calls. */
  get isSpectator() {
    return this.watching !== null && !this.watching.acts;
  }

  // MARK: Calls

  /**
   * Sends one request that changes the machine and shows the step that it made; a `teller` only while it is the story.
   * A request that depends on what is done before it is a function; nothing is sent if it returns null.
   */
  perform(wanted, topic = null, teller = null) {
    return this.queue(async () => {
      if (teller && teller !== this.story) return null;
      const request = typeof wanted === "function" ? wanted() : wanted;
      if (request === null) return null;
      const isOwn = this.branchesOff && !teller && !this.trunk;
      const answer = [await (isOwn ? this.#sendOnBranch(request) : this.#send(request))].flat().pop();
      this.notice = null;
      this.#choose(answer);
      this.address = (answer.area ?? answer.page ?? answer.object ?? answer.mapping)?.address ?? this.address;
      this.about(topic ?? this.#storyTopic ?? topicOf(answer.call, this.topic));
      await this.show(this.last);
      this.tell("notice");
      return answer;
    });
  }

  /** Stories of these topics look at one view, whatever they call. */
  get #storyTopic() {
    const topic = this.story?.definition.topic;
    return ["virtual", "high"].includes(topic) ? topic : null;
  }

  /** Chooses what a call returned; it is drawn with the step. */
  #choose({ page, object, mapping }) {
    const frames = page ?? object ?? mapping;
    if (frames) this.selected = { pfn: frames.pfn, count: 2 ** (frames.order ?? 0) };
    if (!object) return;
    this.object = object.address;
    this.nextCache = object.cache;
  }

  /** Branches off for a call; nothing has changed if it is refused. */
  async #sendOnBranch(request) {
    const { branch, leaveBranch } = await import("./branches.js");
    const { selected, cache, object, area, address } = this;
    await branch(this, this.last);
    Object.assign(this, { selected, cache, object, area, address });
    try {
      return await this.#send(request);
    } catch (error) {
      await leaveBranch(this);
      Object.assign(this, { selected, object, address });
      throw error;
    }
  }

  async #send(request) {
    const answer = await this.api.send(request);
    for (const one of Array.isArray(answer) ? answer : [answer]) {
      this.last = one.step;
      this.entries.set(one.step, one);
      this.answers.set(one.step, { request: Array.isArray(answer) ? null : request, answer: one });
      this.snapshots.forget(one.step);
      if (one.halted) this.halted = one.halted.oops;
    }
    this.undone = 0;
    return answer;
  }

  /** Takes calls back until the machine is at step `wanted` again; without it, the last one. */
  undoTo(wanted) {
    return this.queue(async () => {
      const step = wanted ?? this.last - 1;
      if (step < 0 || step >= this.last) return;
      const answer = await this.api.send(requests.undo(this.last - step));
      this.undone += this.last - answer.step;
      this.last = answer.step;
      this.halted = null;
      this.story?.takeBack(this.last);
      this.notify({ kind: "info", text: `Taken back: the machine is at step ${answer.step} again.` });
      await this.show(this.last);
    });
  }

  /** Does again the call that was taken back last. */
  redo() {
    return this.queue(async () => {
      if (this.undone === 0) return;
      const answer = await this.api.send(requests.redo());
      this.undone = Math.max(0, this.undone - (answer.step - this.last));
      this.last = answer.step;
      this.story?.bringBack(this.last);
      await this.show(this.last);
    });
  }

  // MARK: Trouble

  async onTrouble(error) {
    if (!(error instanceof Problem)) {
      this.notify({ kind: "trouble", text: `The server cannot be reached (${error.message}). Try again.` });
    } else if (error.status === 401 && this.watching) {
      this.notify({ kind: "trouble", text: "The session that you followed has ended." });
    } else if (error.status === 401 && this.revive?.(error)) {
      return null;
    } else if (error.status === 401) {
      await this.#boot(likeness(this.machine), null);
      this.notify({ kind: "info", text: "The session had expired. This is a freshly booted machine." });
    } else if (error.type.endsWith("/machine-halted")) {
      this.halted = error.oops ?? this.halted ?? error.message;
      this.notify({ kind: "error", text: "The machine has halted and answers no call. Undo the last call, or reboot." });
      await this.show(this.last);
    } else {
      const kind = error.status === 429 || error.status >= 500 ? "trouble" : "error";
      this.notify({ kind, text: error.message, suggestions: error.suggestions });
    }
    return null;
  }
}

function stepInAddress() {
  const match = /[#&]step=(\d+)/.exec(location.hash);
  return match ? Number(match[1]) : null;
}

/** The store of this page. */
export const lab = new Lab();
