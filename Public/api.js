/**
 * A small client of the kmemlab HTTP interface, free of any page: copy this one file to use it.
 *
 *     import { Kmemlab, requests } from "./api.js";
 *     const lab = new Kmemlab();
 *     await lab.boot({ machine: "classroom" });
 *     const answer = await lab.send(requests.call("__get_free_pages(GFP_KERNEL, 2)"));
 *     const { runs } = await lab.frames(answer.step);
 *
 * The session is named by the cookie that the server sets at boot, so no token passes through here.
 * Every write carries `X-Kmemlab: 1`, which the server asks of requests that a cookie vouches for.
 *
 * A page that has several sessions, or must not disturb the one of the cookie, holds tokens instead:
 *
 *     const mine = new Kmemlab("", { token: null });   // boot() and fork() put the session's token there
 *     const { id } = await mine.boot({ machine: "classroom" });
 *     await mine.send(requests.call("alloc_page(GFP_KERNEL)"));
 *     const { explain } = await mine.explain(1);
 *     await mine.fork(id, 0);                          // from here on: the branch
 */

/** What the server answered instead of a result: an RFC 9457 problem. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.type = body.type || "";
    this.suggestions = body.suggestions || [];
    this.oops = body.oops || null;
  }
}

/** Requests that change the machine, as plain values: the same value is sent and shown as curl. */
export const requests = {
  /** Any kernel call, written as in C. */
  call: (text) => ({ method: "POST", path: "/calls", body: { call: text } }),
  /** Several kernel calls in one request. */
  batch: (texts) => ({ method: "POST", path: "/calls", body: texts.map((call) => ({ call })) }),
  /** One allocation of pages; `order` only for the functions that take one. */
  allocate: (call, gfp, order) => ({
    method: "POST", path: "/pages", body: order === null ? { call, gfp } : { call, gfp, order },
  }),
  /** Frees what allocation `id` got, with the right order unless another is given. */
  free: (id, order = null) => ({
    method: "DELETE", path: `/pages/${id}${order === null ? "" : `?order=${order}`}`, body: null,
  }),
  /** Bytes: kmalloc or kzalloc. */
  kmalloc: (call, size, gfp) => ({ method: "POST", path: "/kmalloc", body: { call, size, gfp } }),
  /** Frees what kmalloc call number `id` got. */
  kfree: (id) => ({ method: "DELETE", path: `/kmalloc/${id}`, body: null }),
  createCache: (name, size, flags) => ({ method: "POST", path: "/caches", body: { name, size, flags } }),
  destroyCache: (name) => ({ method: "DELETE", path: cachePath(name), body: null }),
  shrinkCache: (name) => ({ method: "POST", path: `${cachePath(name)}/shrink`, body: {} }),
  /** An object of a cache, and back. */
  allocateObject: (name, gfp) => ({ method: "POST", path: `${cachePath(name)}/objects`, body: { gfp } }),
  freeObject: (name, id) => ({ method: "DELETE", path: `${cachePath(name)}/objects/${id}`, body: null }),
  /** Consecutive addresses for frames that lie anywhere: vmalloc or vzalloc. */
  vmalloc: (call, size) => ({ method: "POST", path: "/vmalloc", body: { call, size } }),
  vfree: (id) => ({ method: "DELETE", path: `/vmalloc/${id}`, body: null }),
  /** An address for page `index` of allocation `id`, for as long as it is wanted. */
  kmap: (id, index = 0) => ({ method: "POST", path: "/kmap", body: { page: id, index } }),
  kunmap: (id) => ({ method: "DELETE", path: `/kmap/${id}`, body: null }),
  /** For a moment: kmap_atomic or kmap_local_page; with `type` in the form of 2.6. */
  mapAtomically: (call, id, index = 0, type = null) => ({
    method: "POST", path: "/kmap_atomic", body: type === null ? { call, page: id, index } : { call, page: id, index, type },
  }),
  unmapAtomic: (id) => ({ method: "DELETE", path: `/kmap_atomic/${id}`, body: null }),
  /** A series of loads: {address, length, pattern, stride?, count?, seed?}. */
  accesses: (body) => ({ method: "POST", path: "/accesses", body }),
  /** What a device does with physical memory: {address, length, direction, mask_bits?}. */
  dma: (body) => ({ method: "POST", path: "/dma", body }),
  undo: (steps = 1) => ({ method: "POST", path: "/undo", body: { steps } }),
  redo: () => ({ method: "POST", path: "/redo", body: {} }),
  boot: (machine) => ({ method: "POST", path: "/sessions", body: machine }),
  /** A session of its own with the calls of session `id` up to `step`. */
  fork: (id, step) => ({ method: "POST", path: `/sessions/${id}/fork`, body: { step } }),
  end: (id) => ({ method: "DELETE", path: `/sessions/${id}`, body: null }),
};

const MOST_ITEMS = 20000;
const MOST_SLABS = 48;
const MOST_OBJECTS = 1000;
const MOST_AREA_PAGES = 1024;
const FEW_SLOTS = 64;
const MOST_KMAP_SLOTS = 1024;
const cachePath = (name) => `/caches/${encodeURIComponent(name)}`;

export class Kmemlab {
  /**
   * @param base where the server is; empty for the server that this file came from.
   * @param token the token of a session, or null for one that is to be booted; without it, the cookie counts.
   */
  constructor(base = "", { token } = {}) {
    this.base = base;
    this.token = token;
  }

  /** Whether a token that is held here names the session, not the cookie. */
  get usesToken() {
    return this.token !== undefined;
  }

  /** The same client for requests that are given up when `signal` says so. */
  until(signal) {
    return Object.assign(new Kmemlab(this.base, { token: this.token }), { signal });
  }

  /** Sends a request; a `body` with a media `type` as it is, any other as JSON. */
  fetch({ method = "GET", path, body = null, type = null, headers = {}, keepalive = false }) {
    const fields = { Accept: "application/json, application/problem+json", ...headers };
    if (method !== "GET") fields["X-Kmemlab"] = "1";
    if (body !== null) fields["Content-Type"] = type ?? "application/json";
    if (this.token) fields.Authorization = `Bearer ${this.token}`;
    return fetch(this.base + path, {
      method, headers: fields, keepalive, credentials: this.usesToken ? "omit" : "same-origin", signal: this.signal,
      body: body === null ? undefined : type ? body : JSON.stringify(body),
    });
  }

  /** Sends one request and returns its JSON; throws a `Problem` for anything but 2xx. */
  async send(request) {
    const response = await this.fetch(request);
    const text = await response.text();
    let value = {};
    try {
      value = text ? JSON.parse(text) : {};
    } catch {
      value = { detail: text.slice(0, 200) };
    }
    if (!response.ok) throw new Problem(response.status, value);
    return value;
  }

  /** Boots a machine, or sends a request that does; from then on the cookie, or the token here, names its session. */
  async boot(machine = {}) {
    return this.#adopt(await this.send(machine.path ? machine : requests.boot(machine)));
  }

  /** Branches off session `id` as it was after `step`; from then on the requests go to the branch. */
  async fork(id, step) {
    return this.#adopt(await this.send(requests.fork(id, step)));
  }

  #adopt(session) {
    if (this.usesToken) this.token = session.token;
    return session;
  }

  /** Why the call of a step ended as it did: the kernel's decisions, each with a `code` and a `text`. */
  explain(step) {
    return this.get(`/journal/${step}/explain`);
  }

  /** What a session can start from: kinds of machine, and recorded ones. */
  machines() {
    return this.get("/machines");
  }

  session(id) {
    return this.get(`/sessions/${id}`);
  }

  /** The most of a step: {zones, buddy, pages, caches, report, halted}, with all live pages and caches. */
  async state(step) {
    const whole = await this.get("/snapshot", { step });
    const [{ pages }, { caches }] = await Promise.all([
      whole.pages_truncated ? this.pages(step) : whole, whole.caches_truncated ? this.caches(step) : whole,
    ]);
    return { ...whole, pages, caches, buddy: whole.buddy.zones ? whole.buddy : { zones: whole.buddy } };
  }

  dmesg(step) {
    return this.get("/dmesg", { step });
  }

  memory(address, length, step) {
    return this.get(`/memory/${address}`, { length, step });
  }

  /** All runs of alike frames, over as many requests as that takes. */
  async frames(step) {
    const whole = await this.get("/frames", { step, limit: 10000 });
    let next = whole.next;
    while (next !== null && next !== undefined && whole.runs.length < MOST_ITEMS) {
      const more = await this.get("/frames", { step, limit: 10000, start: next });
      whole.runs.push(...more.runs);
      const known = new Set(whole.pageblocks.map((block) => block.pfn));
      whole.pageblocks.push(...more.pageblocks.filter((block) => !known.has(block.pfn)));
      next = more.next;
    }
    return whole;
  }

  /** All live page allocations. */
  async pages(step) {
    return { step, pages: await this.#follow("/pages", "pages", { step, limit: 1000 }) };
  }

  /** All slab caches. */
  async caches(step) {
    return { step, caches: await this.#follow("/caches", "caches", { step, limit: 1000 }) };
  }

  /**
   * One cache with the first of its slabs, those that a CPU uses, and those at `pfns`; and the objects that
   * somebody owns (of these at most a thousand).
   */
  async cache(name, step, pfns = []) {
    const [detail, { objects }] = await Promise.all([
      this.get(cachePath(name), { step, limit: MOST_SLABS }),
      this.get(`${cachePath(name)}/objects`, { step, limit: MOST_OBJECTS }),
    ]);
    if (detail.next !== null) {
      const cpus = detail.slub?.per_cpu ?? [];
      const wanted = new Set([...cpus.flatMap((cpu) => [cpu.slab, ...cpu.partial.slice(0, 4)]), ...pfns]);
      for (const slab of [null, ...detail.slabs.map((one) => one.pfn)]) wanted.delete(slab);
      const more = await Promise.all([...wanted].map((start) => this.get(cachePath(name), { step, start, limit: 1 })));
      detail.slabs.push(...more.flatMap((one) => one.slabs).filter((slab) => wanted.has(slab.pfn)));
    }
    return { detail, objects };
  }

  /** What is at an address. */
  place(address, step) {
    return this.get(`/addresses/${address}`, { step });
  }

  /** The address space of vmalloc; of areas, ranges to purge and free ones a thousand each. */
  vmalloc(step) {
    return this.get("/vmalloc", { step, limit: 1000 });
  }

  /** One area, named by id or address, with its first pages. */
  area(reference, step) {
    return this.get(`/vmalloc/${reference}`, { step, limit: MOST_AREA_PAGES });
  }

  /** How an address is translated. */
  walk(address, step) {
    return this.get(`/page-tables/${address}`, { step });
  }

  tlb(step) {
    return this.get("/tlb", { step });
  }

  /** The pool of kmap: every slot's count, and the slots that are not free with their pages. */
  async kmap(step) {
    const pool = await this.get("/kmap", { step, limit: FEW_SLOTS });
    if (pool.counts.slice(FEW_SLOTS).some((count) => count !== 0)) {
      const more = await this.get("/kmap", { step, limit: MOST_KMAP_SLOTS, cursor: FEW_SLOTS });
      pool.slots.push(...more.slots);
    }
    return pool;
  }

  /** Each CPU's slots for temporary mappings. */
  temporary(step) {
    return this.get("/kmap_atomic", { step });
  }

  /** What each CPU does, and whether it may sleep. */
  context(step) {
    return this.get("/context", { step });
  }

  /** What was called so far, or up to a step, oldest first. */
  journal(step) {
    return this.#follow("/journal", "entries", { step, limit: 10000 }, Infinity);
  }

  get(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(given).toString();
    return this.send({ method: "GET", path: text ? `${path}?${text}` : path });
  }

  async #follow(path, member, query, most = MOST_ITEMS) {
    const items = [];
    let cursor = null;
    do {
      const part = await this.get(path, { ...query, cursor });
      items.push(...part[member]);
      cursor = part.next ?? null;
    } while (cursor !== null && items.length < most);
    return items;
  }
}
