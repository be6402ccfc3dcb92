/**
 * What the server says about the steps of a session. Everything is asked for once; views that were not looked at
 * for longest are forgotten, and those that nobody waits for any more are given up.
 */
import { blocksOf, listEntries } from "./model.js";

/** Views that are kept. */
const MOST_VIEWS = 120;

export class Snapshots {
  #client;
  /** step -> {view, opened, giveUp, isDone}, the one used last at the end */
  #views = new Map();

  /** @param client returns the `Kmemlab` to ask, since that may change. */
  constructor(client) {
    this.#client = client;
  }

  /** All that the figures draw of a step. */
  at(step) {
    return this.#entry(step).view;
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
    const one = { isDone: false, opened, giveUp: () => control.abort(), view: fetchView(this.#client().until(control.signal), step, opened) };
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

async function fetchView(api, step, opened) {
  const [whole, frames, dmesg, vmalloc, kmap, temporary, context] = await Promise.all([
    api.state(step), api.frames(step), api.dmesg(step), api.vmalloc(step), api.kmap(step), api.temporary(step), api.context(step),
  ]);
  const { zones, buddy, pages, caches, report, halted } = whole;
  const entries = listEntries(buddy);
  const blocks = blocksOf(frames, pages, entries);
  return { step, frames, buddy, zones, pages, report, halted, log: dmesg.lines, entries, blocks, caches, vmalloc, kmap, temporary, context, opened };
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
