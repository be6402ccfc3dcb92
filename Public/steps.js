/** The steps of a session, back and forth: the part of the store (lab.js) that looks and changes nothing. */
import { Kmemlab } from "./api.js";
import { Desk } from "./desk.js";
import { isContextCall, isHighCall } from "./high.js";
import { changedBlocks, listDeltas } from "./model.js";
import { cacheToShow, endsCache } from "./slabs.js";
import { Snapshots } from "./snapshots.js";
import { areaToShow, endsArea } from "./virtual.js";

/** Milliseconds after which a picture left behind is given up, unless there was none for so long. */
const [PATIENCE, LONGEST] = [250, 1000];

export class Steps extends Desk {
  api = new Kmemlab();
  snapshots = new Snapshots(() => this.api, (step) => this.answers.has(step));
  /** step -> {call, returned, id}: the journal */
  entries = new Map();
  /** step -> the answer and the request as sent, for the steps done from this page */
  answers = new Map();
  /** The name of the cache that comes on show with the next step; null for the one that is on show. */
  nextCache = null;
  /** What was left for a branch: {step, seen, ...}, where it begins and what was on show; null on none. */
  trunk = null;
  /** Who follows somebody else's session (watching.js); null when it is one's own. */
  watching = null;
  /** The address of a step, as the part behind `#`; null to leave the address alone. */
  linkTo = (step) => `step=${step}`;
  /** Where the reader wants to be, when that is not on show yet: a function that returns a step. */
  #where = null;
  /** When the step that is sought now was asked for, and when one was shown; null while none is sought. */
  #askedAt = null;
  #shownAt = 0;
  #isLinking = false;
  #drawsMappings = false;

  /** Shows the machine as it was after step `step`. */
  go(step) {
    this.watching?.goes(step);
    return this.#seek(() => step);
  }

  /** Shows the step `delta` steps from the one that is on show then. */
  move(delta) {
    this.watching?.goes(this.step + delta);
    const from = this.#where ?? (() => this.step);
    return this.#seek(() => this.#within(from() + delta));
  }

  /** Of the steps that wait to be shown only the newest is asked for and drawn. */
  #seek(where) {
    this.#where = where;
    const now = performance.now();
    if (this.#askedAt !== null && now - this.#askedAt > PATIENCE && now - this.#shownAt < LONGEST) this.snapshots.giveUp();
    return this.queue(async () => {
      if (this.#where !== where) return;
      this.#askedAt = performance.now();
      try {
        await this.show(where());
      } catch (error) {
        if (error.name !== "AbortError") throw Object.assign(error, { sought: where() });
      } finally {
        this.#askedAt = null;
        if (this.#where === where) this.#where = null;
      }
    });
  }

  #within = (step) => Math.max(0, Math.min(step, this.last));

  /** Draws a step; only for tasks of the queue. */
  async show(step) {
    const wanted = this.#within(step);
    const wantedCache = this.nextCache ?? this.cache?.name;
    this.nextCache = null;
    this.#foresee(wanted, wantedCache);
    const which = { mappings: this.#isAboutMappings(wanted) };
    const [view, before] = await Promise.all([this.snapshots.at(wanted, which), wanted > 0 ? this.snapshots.at(wanted - 1, which) : null]);
    const name = cacheToShow(view, before, wantedCache);
    const [cache, cacheBefore, area] = await Promise.all([
      this.#cacheOf(view, name), this.#cacheOf(before, name), this.snapshots.area(view, areaToShow(view, this.area?.address)),
    ]);
    if (this.#isAboutMappings(wanted)) await this.#addMappings([view, before]);
    Object.assign(this, { step: wanted, view, before, cache, cacheBefore, area });
    this.changed = changedBlocks(before?.blocks, view.blocks);
    this.deltas = listDeltas(before?.buddy, view.buddy);
    if (this.notice?.kind === "trouble") this.notify(null);
    this.tell("view");
    this.#shownAt = performance.now();
    this.link();
  }

  /** Whether the mappings of high memory are drawn or told of at a step; only then are they asked for. */
  #isAboutMappings(step) {
    const call = this.entries.get(step)?.call;
    return this.#drawsMappings || [this.topic, this.story?.definition.topic].includes("high") || isHighCall(call) || isContextCall(call);
  }

  async #addMappings(views) {
    await Promise.all(views.map((view) => view && !view.kmap && this.snapshots.addMappings(view)));
  }

  /** For elements that draw the mappings of high memory: from now on every step is shown with them. */
  drawMappings() {
    this.#drawsMappings = true;
  }

  /** Adds the mappings of high memory to the step on show and the one before. */
  addMappings() {
    return this.#addMappings([this.view, this.before]);
  }

  /** Asks at once for what will most likely be opened at the next step: what is open now. */
  #foresee(step, wanted) {
    const call = this.entries.get(step)?.call;
    if (!call || step !== this.view?.step + 1) return;
    const { caches, vmalloc } = this.view;
    const name = caches.some((one) => one.name === wanted) && !endsCache(call) ? wanted : null;
    const own = vmalloc.areas.find((one) => one.address === this.area?.address && one.id !== null);
    const area = own && !endsArea(call) ? own.address : null;
    this.snapshots.foresee(step, { name, pfns: this.#pfnsOf(step, name), area });
  }

  /** Puts the step on show into the address, unless it is on a branch, as soon as it is painted. */
  link() {
    if (this.#isLinking) return;
    this.#isLinking = true;
    this.hold(this.painted().then(() => {
      this.#isLinking = false;
      this.linkNow();
    }));
  }

  linkNow() {
    const link = this.trunk || !this.view ? null : this.linkTo(this.step);
    if (link !== null) history.replaceState(null, "", `#${link}`);
  }

  /** Opens a slab cache at the step on show; `address` chooses one of its objects too. */
  openCache(name, address = null) {
    return this.queue(async () => {
      if (!this.view.caches.some((cache) => cache.name === name)) return;
      [this.cache, this.cacheBefore] = await Promise.all([this.#cacheOf(this.view, name), this.#cacheOf(this.before, name)]);
      this.object = address;
      this.tell("cache");
    });
  }

  /** Opens an area of vmalloc at the step on show. */
  openArea(address) {
    return this.queue(async () => {
      this.area = await this.snapshots.area(this.view, areaToShow(this.view, address));
      this.tell("area");
      this.lookAt(address);
    });
  }

  /** A cache at the step of `view`, with the slab of the object that came or went then. */
  #cacheOf(view, name) {
    return this.snapshots.cache(view, name, view ? this.#pfnsOf(view.step, name) : []);
  }

  #pfnsOf(step, name) {
    return [step, step + 1].map((one) => this.answers.get(one)?.answer.object)
      .filter((object) => object && object.cache === name).map((object) => object.pfn);
  }

  /** How an address is translated at the step on show. */
  walk(address) {
    return this.snapshots.walk(this.view, address);
  }

  tlb() {
    return this.snapshots.tlb(this.view);
  }

  /** Why the call of the step on show ended as it did. */
  explain() {
    return this.snapshots.explain(this.view);
  }
}
