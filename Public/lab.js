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
 * - `notice`: something to tell the reader (`lab.notice`)
 * - `story`: the running story moved on (`lab.story`)
 */
import { Kmemlab, Problem, requests } from "./api.js";
import { blocksOf, changedBlocks, listDeltas, listEntries } from "./model.js";
import { isContextCall, isHighCall } from "./high.js";
import { cacheToShow, isSlabCall } from "./slabs.js";
import { areaToShow, isVirtualCall } from "./virtual.js";

export class Lab extends EventTarget {
  api = new Kmemlab();
  machine = null;
  token = null;
  last = 0;
  step = 0;
  view = null;
  before = null;
  pointed = null;
  selected = null;
  notice = null;
  halted = null;
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
  undone = 0;
  /** The id of the session. */
  session = null;
  /** The address of a step, as the part behind `#`; null to leave the address alone. */
  linkTo = (step) => `step=${step}`;
  /** What was left for a branch: {step, seen, ...}, the step where it begins and the one that was on show; null on no branch. */
  trunk = null;
  /** What begins anew, when the session has expired or the machine has halted; null for a machine of the same kind. */
  restart = null;
  /** step -> {call, returned, id}: the journal */
  entries = new Map();
  /** step -> the answer and the request as sent, for the steps done from this page */
  answers = new Map();
  #snapshots = new Map();
  #tasks = Promise.resolve();
  #pending = 0;

  // MARK: Sessions

  /** Finds the session that this browser had, or boots the classroom. */
  open(warmUp) {
    return this.#queue(async () => {
      const id = remembered();
      if (id === null) return this.#boot({ machine: "classroom" }, warmUp);
      try {
        const { machine, step, halted } = await this.api.session(id);
        this.#adopt(machine, null, id);
        this.halted = halted?.oops ?? null;
        for (const entry of await this.api.journal()) this.entries.set(entry.step, entry);
        this.last = step;
        await this.#show(stepInAddress() ?? step);
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
    return this.#queue(() => this.#boot(machine, warmUp));
  }

  /** Starts a fresh machine like the one on show. */
  reboot() {
    return this.restart ? this.restart() : this.boot(likeness(this.machine));
  }

  async #boot(machine, warmUp) {
    const session = await this.api.boot(machine);
    if (!this.api.usesToken) remember(session.id);
    this.#adopt(session.machine, session.token, session.id);
    if (warmUp) await warmUp((request) => this.#send(request));
    await this.#show(this.last);
    const newest = this.view.pages[this.view.pages.length - 1];
    if (newest) this.select({ pfn: newest.pfn, count: 2 ** newest.order });
  }

  #adopt(machine, token, session) {
    Object.assign(this, { machine, token, session, trunk: null, last: 0, step: 0, view: null, before: null });
    Object.assign(this, { pointed: null, selected: null, halted: null, story: null, undone: 0 });
    Object.assign(this, { cache: null, cacheBefore: null, object: null, area: null, address: null });
    this.entries.clear();
    this.answers.clear();
    this.#snapshots.clear();
    document.body.dataset.machine = machine.kind;
    this.#tell("story");
    this.#tell("select");
  }

  // MARK: Branches

  /** Branches off at `step`: calls go to a machine of their own until `leaveBranch`. For clients that hold tokens. */
  branch(step) {
    return this.#queue(async () => {
      const { machine, token, session, last, entries, answers, story, undone, halted, topic } = this;
      const trunk = this.trunk ?? { step, seen: this.step, machine, token, session, last, story, undone, halted, topic, entries: [...entries], answers: [...answers] };
      const past = { entries: [...entries], answers: [...answers] };
      const branch = await this.api.fork(session, step);
      this.#adopt(branch.machine, branch.token, branch.id);
      this.#recall(past, step);
      Object.assign(this, { trunk, last: step });
      this.#tell("story");
      await this.#show(step);
    });
  }

  /** Ends the branch and shows what was left for it. */
  leaveBranch() {
    return this.#queue(async () => {
      if (!this.trunk) return;
      const { seen, machine, token, session, last, story, undone, halted, topic, ...past } = this.trunk;
      const branch = this.session;
      await this.api.send(requests.end(branch)).catch(() => {});
      this.api.token = token;
      this.#adopt(machine, token, session);
      this.#recall(past, last);
      Object.assign(this, { last, story, undone, halted });
      this.about(topic);
      await this.#show(seen);
      this.#tell("story");
    });
  }

  #recall({ entries, answers }, last) {
    for (const [step, entry] of entries) if (step <= last) this.entries.set(step, entry);
    for (const [step, answer] of answers) if (step <= last) this.answers.set(step, answer);
  }

  // MARK: Calls

  /** Sends one request that changes the machine and shows the step that it made. */
  perform(request, topic = null) {
    return this.#queue(async () => {
      const answer = [await this.#send(request)].flat().pop();
      this.notify(null);
      if (answer.page) this.select({ pfn: answer.page.pfn, count: 2 ** answer.page.order });
      if (answer.object) this.#choose(answer.object);
      if (answer.mapping) this.select({ pfn: answer.mapping.pfn, count: 1 });
      this.address = (answer.area ?? answer.page ?? answer.object ?? answer.mapping)?.address ?? this.address;
      this.about(topic ?? this.#storyTopic ?? topicOf(answer.call, this.topic));
      await this.#show(this.last);
      return answer;
    });
  }

  /** Stories of these topics look at one view, whatever they call. */
  get #storyTopic() {
    const topic = this.story?.definition.topic;
    return ["virtual", "high"].includes(topic) ? topic : null;
  }

  /** Chooses the object that a call returned, and its frames. */
  #choose(object) {
    this.object = object.address;
    if (object.cache !== null) this.cache = { ...this.cache, name: object.cache };
    this.select({ pfn: object.pfn, count: 2 ** object.order });
  }

  async #send(request) {
    const answer = await this.api.send(request);
    for (const one of Array.isArray(answer) ? answer : [answer]) {
      this.last = one.step;
      this.entries.set(one.step, one);
      this.answers.set(one.step, { request: Array.isArray(answer) ? null : request, answer: one });
      this.#snapshots.delete(one.step);
      if (one.halted) this.halted = one.halted.oops;
    }
    this.undone = 0;
    return answer;
  }

  /** Takes calls back until the machine is at `step` again. */
  undoTo(step) {
    return this.#queue(async () => {
      if (step < 0 || step >= this.last) return;
      const answer = await this.api.send(requests.undo(this.last - step));
      this.undone += this.last - answer.step;
      for (let gone = answer.step + 1; gone <= this.last; gone += 1) this.#snapshots.delete(gone);
      this.last = answer.step;
      this.halted = null;
      this.story?.takeBack(this.last);
      this.notify({ kind: "info", text: `Taken back: the machine is at step ${answer.step} again.` });
      await this.#show(this.last);
    });
  }

  /** Does again the call that was taken back last. */
  redo() {
    return this.#queue(async () => {
      const answer = await this.api.send(requests.redo());
      this.undone = Math.max(0, this.undone - (answer.step - this.last));
      this.last = answer.step;
      this.story?.bringBack(this.last);
      await this.#show(this.last);
    });
  }

  // MARK: Steps

  /** Shows the machine as it was after step `step`. */
  go(step) {
    return this.#queue(() => this.#show(step));
  }

  /** Shows the step `delta` steps from the one that is on show then. */
  move(delta) {
    return this.#queue(() => this.#show(this.step + delta));
  }

  async #show(step) {
    const wanted = Math.max(0, Math.min(step, this.last));
    const [view, before] = await Promise.all([
      this.#snapshot(wanted), wanted > 0 ? this.#snapshot(wanted - 1) : null,
    ]);
    const name = cacheToShow(view, before, this.cache?.name);
    const [cache, cacheBefore, area] = await Promise.all([
      this.#cacheOf(view, name), this.#cacheOf(before, name), this.#areaOf(view, areaToShow(view, this.area?.address)),
    ]);
    Object.assign(this, { step: wanted, view, before, cache, cacheBefore, area });
    this.changed = changedBlocks(before?.blocks, view.blocks);
    this.deltas = listDeltas(before?.buddy, view.buddy);
    const link = this.trunk ? null : this.linkTo(wanted);
    if (link !== null) history.replaceState(null, "", `#${link}`);
    this.#tell("view");
  }

  #snapshot(step) {
    if (!this.#snapshots.has(step)) {
      const promise = this.#fetch(step);
      this.#snapshots.set(step, promise);
      promise.catch(() => this.#snapshots.delete(step));
    }
    return this.#snapshots.get(step);
  }

  async #fetch(step) {
    const [frames, buddy, zones, pages, report, dmesg, caches, vmalloc, kmap, temporary, context] = await Promise.all([
      this.api.frames(step), this.api.buddy(step), this.api.zones(step),
      this.api.pages(step), this.api.report(step), this.api.dmesg(step),
      this.api.caches(step), this.api.vmalloc(step),
      this.api.kmap(step), this.api.temporary(step), this.api.context(step),
    ]);
    const entries = listEntries(buddy);
    const blocks = blocksOf(frames, pages.pages, entries);
    return {
      step, frames, buddy, zones: zones.zones, pages: pages.pages, report,
      log: dmesg.lines, entries, blocks, caches: caches.caches, vmalloc, kmap, temporary, context, opened: new Map(),
    };
  }

  // MARK: Slab caches

  /** Opens a slab cache at the step on show; `address` chooses one of its objects too. */
  openCache(name, address = null) {
    return this.#queue(async () => {
      if (!this.view.caches.some((cache) => cache.name === name)) return;
      [this.cache, this.cacheBefore] = await Promise.all([this.#cacheOf(this.view, name), this.#cacheOf(this.before, name)]);
      this.object = address;
      this.#tell("cache");
    });
  }

  chooseObject(address) {
    this.object = address;
    this.#tell("cache");
  }

  about(topic) {
    if (this.topic === topic) return;
    this.topic = topic;
    document.body.dataset.topic = topic;
    this.#tell("topic");
  }

  /** A cache at the step of `view`; null if there was none of that name. */
  #cacheOf(view, name) {
    if (!view || !view.caches.some((cache) => cache.name === name)) return null;
    const { step } = view;
    const pfns = [step, step + 1].map((one) => this.answers.get(one)?.answer.object)
      .filter((object) => object && object.cache === name).map((object) => object.pfn);
    return this.#opened(view, name, () => this.api.cache(name, step, pfns).then((cache) => ({ name, ...cache })));
  }

  /** What `ask` gets from the server at the step of `view`, asked for once. */
  #opened(view, name, ask) {
    if (!view.opened.has(name)) {
      const promise = ask();
      view.opened.set(name, promise);
      promise.catch(() => view.opened.delete(name));
    }
    return view.opened.get(name);
  }

  // MARK: Virtual memory

  /** Opens an area of vmalloc at the step on show. */
  openArea(address) {
    return this.#queue(async () => {
      this.area = await this.#areaOf(this.view, areaToShow(this.view, address));
      this.#tell("area");
      this.lookAt(address);
    });
  }

  /** Looks an address up in the page tables. */
  lookAt(address) {
    this.address = address;
    this.#tell("address");
  }

  /** How an address is translated at the step on show. */
  walk(address) {
    const { view } = this;
    return this.#opened(view, `walk ${address}`, () => this.api.walk(address, view.step));
  }

  tlb() {
    const { view } = this;
    return this.#opened(view, "tlb", () => this.api.tlb(view.step));
  }

  #areaOf(view, address) {
    return address === null ? null : this.#opened(view, `area ${address}`, () => this.api.area(address, view.step));
  }

  /** Why the call of a step ended as it did. */
  explain(step) {
    return this.#opened(this.view, "explain", () => this.api.explain(step));
  }

  get isPast() {
    return this.step < this.last;
  }

  // MARK: Pointing, choosing, telling

  point(range) {
    this.pointed = range;
    this.#tell("point");
  }

  select(range) {
    this.selected = range;
    this.#tell("select");
  }

  notify(notice) {
    this.notice = notice;
    this.#tell("notice");
  }

  tellStory(story) {
    this.story = story;
    this.#tell("story");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }

  /** Runs tasks one after another, so that every click acts on the state it will see. */
  #queue(task) {
    this.#pending += 1;
    document.body.dataset.busy = "";
    const run = this.#tasks.then(task)
      .catch((error) => this.#explain(error))
      .catch((error) => this.notify({ kind: "error", text: `The server refused: ${error.message}` }));
    this.#tasks = run.finally(() => {
      this.#pending -= 1;
      if (this.#pending > 0) return;
      delete document.body.dataset.busy;
      document.body.dataset.step = this.step;
    });
    return run;
  }

  async #explain(error) {
    if (!(error instanceof Problem)) {
      this.notify({ kind: "error", text: `The server cannot be reached (${error.message}).` });
    } else if (error.status === 401 && this.restart) {
      this.restart();
    } else if (error.status === 401) {
      await this.#boot(likeness(this.machine), null);
      this.notify({ kind: "info", text: "The session had expired. This is a freshly booted machine." });
    } else if (error.status === 409 && !error.type.endsWith("/cpu-spins")) {
      this.halted = error.oops ?? this.halted ?? error.message;
      this.notify({ kind: "error", text: "The machine has halted and answers no call. Undo the last call, or reboot." });
      await this.#show(this.last);
    } else {
      this.notify({ kind: "error", text: error.message, suggestions: error.suggestions });
    }
    return null;
  }
}

/** What a call, as text, is about; what a CPU is told is about what was looked at before. */
function topicOf(call, current) {
  if (isContextCall(call)) return current;
  if (isHighCall(call)) return "high";
  if (isVirtualCall(call)) return "virtual";
  return isSlabCall(call) ? "slabs" : "pages";
}

/** What boots a machine like another one; an uploaded one cannot be had again from here. */
function likeness(machine) {
  if (machine?.kind === "recorded" && machine.recording.name !== null) {
    return { machine: "recorded", recording: machine.recording.name };
  }
  const kind = machine && machine.kind !== "recorded" ? machine.kind : "classroom";
  return { machine: kind, cpus: machine?.cpus ?? 1, debug: machine?.debug === true, slab: machine?.slab ?? "slub" };
}

function stepInAddress() {
  const match = /[#&]step=(\d+)/.exec(location.hash);
  return match ? Number(match[1]) : null;
}

const REMEMBERED = "kmemlab-session";

/** The id (no secret) of the session that the cookie names; null when there never was one. */
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(id) {
  try {
    localStorage.setItem(REMEMBERED, id);
  } catch {
    // Without storage every visit boots a machine of its own.
  }
}

/** The store of this page. */
export const lab = new Lab();
