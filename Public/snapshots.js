/**
 * What the server says about the steps of a session. Everything is asked for once; views that were not looked at
 * for longest are forgotten, and those that nobody waits for any more are given up.
 */
import { blocksOf, listEntries } from "./model.js";

/** Views that are kept. */
const MOST_VIEWS = 120;

export class Snapshots {
  #client;
  #knowsLog;
  /** step -> {view, opened, giveUp, isDone}, the one used last at the end */
  #views = new Map();

  /**
   * @param client returns the `Kmemlab` to ask, since that may change.
   * @param knowsLog whether the lines that the kernel logged at a step are known, and not asked for.
   */
  constructor(client, knowsLog) {
    this.#client = client;
    this.#knowsLog = knowsLog;
  }

  /** All that the figures draw of a step; the mappings of high memory only if they are asked for. */
  async at(step, { mappings }) {
    const { view, opened } = this.#entry(step);
    const [whole, more] = await Promise.all([view, mappings ? this.#mappings({ step, opened }) : null]);
    return Object.assign(whole, more);
  }

  /** Adds the mappings of high memory to a view, `kmap` and `temporary`. */
  async addMappings(view) {
    Object.assign(view, await this.#mappings(view));
  }

  #mappings(view) {
    return once(view, "mappings", async () => {
      const [kmap, temporary] = await Promise.all([this.#client().kmap(view.step), this.#client().temporary(view.step)]);
      return { kmap, temporary };
    });
  }

  #entry(step) {
    const known = this.#views.get(step) ?? this.#ask(step);
    this.#views.delete(step);
    this.#views.set(step, known);
    if (this.#views.size > MOST_VIEWS) this.#views.delete(this.#views.keys().next().value);
    return known;
  }

  #ask(step) {
    const control = new AbortController();
    const opened = new Map();
    const one = { isDone: false, opened, giveUp: () => control.abort(), view: fetchView(this.#client().until(control.signal), step, opened, this.#knowsLog(step)) };
    one.view.then(() => { one.isDone = true; }, () => { if (this.#views.get(step) === one) this.#views.delete(step); });
    return one;
  }

  /** Gives up what is being asked for at this moment; who waits for it gets an `AbortError`. */
  giveUp() {
    for (const one of this.#views.values()) if (!one.isDone) one.giveUp();
  }

  /** Forgets the views from `step` on, which come about anew. */
  forget(step = 0) {
    for (const known of [...this.#views.keys()]) if (known >= step) this.#views.delete(known);
  }

  /** Asks for a cache and an area of a step beside all that the figures draw; each may be null. */
  foresee(step, { name, pfns, area }) {
    const { opened } = this.#entry(step);
    const view = { step, opened };
    if (name !== null) this.#cache(view, name, pfns).catch(() => {});
    if (area !== null) this.area(view, area).catch(() => {});
  }

  /** A slab cache at the step of `view`, with the slabs that `pfns` name; null if there was none of that name. */
  cache(view, name, pfns) {
    if (!view || !view.caches.some((cache) => cache.name === name)) return null;
    return this.#cache(view, name, pfns);
  }

  #cache(view, name, pfns) {
    return once(view, name, () => this.#client().cache(name, view.step, pfns).then((cache) => ({ name, ...cache })));
  }

  /** An area of vmalloc; null if none is asked for. */
  area(view, address) {
    return address === null ? null : once(view, `area ${address}`, () => this.#client().area(address, view.step));
  }

  /** How an address is translated. */
  walk(view, address) {
    return once(view, `walk ${address}`, () => this.#client().walk(address, view.step));
  }

  tlb(view) {
    return once(view, "tlb", () => this.#client().tlb(view.step));
  }

  /** Why the call of this step ended as it did. */
  explain(view) {
    return once(view, "explain", () => this.#client().explain(view.step));
  }
}

async function fetchView(api, step, opened, knowsLog) {
  const [whole, frames, context, vmalloc, dmesg] = await Promise.all([
    api.state(step), api.frames(step), api.context(step), api.vmalloc(step), knowsLog ? null : api.dmesg(step),
  ]);
  const { zones, buddy, pages, caches, report, halted } = whole;
  const entries = listEntries(buddy);
  const blocks = blocksOf(frames, pages, entries);
  return { step, frames, buddy, zones, pages, report, halted, log: dmesg?.lines ?? null, entries, blocks, caches, vmalloc, context, opened };
}

/** What `ask` gets for a view, asked for once. */
function once(view, name, ask) {
  if (!view.opened.has(name)) {
    const promise = ask();
    view.opened.set(name, promise);
    promise.catch(() => view.opened.delete(name));
  }
  return view.opened.get(name);
}
