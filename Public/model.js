/**
 * What the drawings need, computed from the API's snapshots. Pure functions, no DOM.
 *
 * A *block* here is a stretch of frames with one state: a free block, a block on a per-CPU list, an
 * allocated block, or a stretch of alike frames. A *claim* is one party that counts on a frame: a live
 * allocation or a list that will hand it out. Two claims on one frame are what a wrong free causes.
 */

/** Frames per row of the map. A power of two, so an aligned block of any order is a rectangle. */
export const COLUMNS = 32;

export const STATES = {
  free: { letter: "F", name: "free", long: "free, on a buddy list" },
  per_cpu: { letter: "C", name: "per-CPU", long: "free, on a per-CPU list" },
  kernel: { letter: "U", name: "in use", long: "in use by the recorded kernel since before the first step" },
  allocated: { letter: "A", name: "allocated", long: "allocated" },
  slab: { letter: "S", name: "slab", long: "a slab, cut into objects of one cache" },
  vmalloc: { letter: "V", name: "vmalloc", long: "behind pages of the vmalloc area" },
  page_table: { letter: "T", name: "page table", long: "page tables, made for areas of vmalloc" },
  reserved: { letter: "K", name: "reserved", long: "reserved at boot, for example the kernel's own image" },
  unmarked: { letter: "X", name: "unmarked", long: "unmarked: on a buddy list, but no longer marked as free" },
  lost: { letter: "L", name: "lost", long: "lost: nobody owns it and no list holds it" },
  absent: { letter: "–", name: "absent", long: "no memory behind this number" },
};

const LETTERS = { Unmovable: "U", Movable: "M", Reclaimable: "R", HighAtomic: "H", CMA: "C", Isolate: "I" };

/** The kernel's one-letter abbreviation of a migrate type. */
export function typeLetter(migratetype) {
  return LETTERS[migratetype] || (migratetype ? migratetype[0] : "");
}

/** Whether two stretches of frames have a frame in common. */
export function overlap(a, b) {
  return a.pfn < b.pfn + b.count && b.pfn < a.pfn + a.count;
}

/** The block of `blocks` (in order of pfn, disjoint) that holds frame `pfn`. */
export function blockAt(blocks, pfn) {
  let low = 0;
  let high = blocks.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (pfn < block.pfn) high = middle - 1;
    else if (pfn >= block.pfn + block.count) low = middle + 1;
    else return block;
  }
  return null;
}

/** Every list entry of a /buddy answer as {pfn, count, order, migratetype, zone, cpu?, place}. */
export function listEntries(buddy) {
  const entries = [];
  for (const zone of buddy.zones) {
    for (const area of zone.free_areas) {
      for (const list of area.lists) add(list, area.order, zone.name, null);
    }
    for (const cpu of zone.per_cpu) {
      for (const list of cpu.lists) add(list, list.order, zone.name, cpu.cpu);
    }
  }
  return entries;

  function add(list, order, zone, cpu) {
    list.pfns.forEach((pfn, place) => {
      entries.push({ pfn, count: 2 ** order, order, migratetype: list.migratetype, zone, cpu, place });
    });
  }
}

/**
 * Disjoint blocks in order of pfn. Where several parties claim a frame, the block is cut there and
 * carries them all in `owners` (live allocations) and `lists` (list entries).
 */
export function blocksOf(frames, pages, entries) {
  const runs = frames.runs.map((run) => ({ ...run, kind: "run" }));
  const owners = pages.map((page) => ({ ...page, count: 2 ** page.order, kind: "owner" }));
  const all = [...runs, ...owners, ...entries.map((entry) => ({ ...entry, kind: "list" }))];
  const cuts = [...new Set(all.flatMap((item) => [item.pfn, item.pfn + item.count]))];
  cuts.sort((a, b) => a - b);
  all.sort((a, b) => a.pfn - b.pfn);
  const blocks = [];
  let active = [];
  let next = 0;
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    active = active.filter((item) => item.pfn + item.count > cuts[i]);
    while (next < all.length && all[next].pfn <= cuts[i]) active.push(all[next++]);
    if (active.some((item) => item.kind === "run")) {
      blocks.push(pieceOf(active, cuts[i], cuts[i + 1] - cuts[i]));
    }
  }
  return joined(blocks);
}

const RANK = { reserved: 7, allocated: 6, vmalloc: 5.8, page_table: 5.7, slab: 5.5, kernel: 5, per_cpu: 4, unmarked: 3, lost: 2, free: 1, absent: 0 };

function pieceOf(active, pfn, count) {
  const runs = active.filter((item) => item.kind === "run");
  const run = runs.reduce((best, item) => (RANK[item.state] > RANK[best.state] ? item : best));
  const owners = active.filter((item) => item.kind === "owner");
  const lists = active.filter((item) => item.kind === "list");
  const claims = owners.length + lists.length;
  return {
    pfn, count, run, state: run.state, zone: run.zone, order: run.order ?? null,
    migratetype: run.migratetype ?? null, cpu: run.cpu ?? null, id: run.id ?? owners[0]?.id ?? null,
    owners, lists, shared: claims > 1 || runs.length > 1 || (claims === 0 && run.shared === true),
    key: active.map((item) => `${item.kind}${item.pfn}+${item.count}`).sort().join(" "),
  };
}

/** Joins neighbouring pieces that the very same parties claim. */
function joined(pieces) {
  const blocks = [];
  for (const piece of pieces) {
    const last = blocks[blocks.length - 1];
    if (last && last.key === piece.key && last.pfn + last.count === piece.pfn) last.count += piece.count;
    else blocks.push(piece);
  }
  return blocks;
}

const looks = (block) =>
  [block.pfn, block.count, block.state, block.order, block.migratetype, block.id, block.shared].join(" ");

/** The first frame numbers of the blocks of `now` that were not there, or looked different, before. */
export function changedBlocks(before, now) {
  if (!before) return new Set();
  const known = new Set(before.map(looks));
  return new Set(now.filter((block) => !known.has(looks(block))).map((block) => block.pfn));
}

export const entryKey = (entry) =>
  `${entry.zone} ${entry.cpu ?? "buddy"} ${entry.order} ${entry.migratetype} ${entry.pfn}`;

/** How many blocks each list of `now` gained or lost: "Normal/3" or "Normal/cpu0/3" to a number. */
export function listDeltas(before, now) {
  const deltas = new Map();
  if (!before) return deltas;
  count(now, 1);
  count(before, -1);
  for (const [key, value] of deltas) if (value === 0) deltas.delete(key);
  return deltas;

  function count(buddy, sign) {
    const add = (key, n) => deltas.set(key, (deltas.get(key) || 0) + sign * n);
    for (const zone of buddy.zones) {
      for (const area of zone.free_areas) add(`${zone.name}/${area.order}`, area.nr_free);
      for (const cpu of zone.per_cpu) {
        for (const list of cpu.lists) add(`${zone.name}/cpu${cpu.cpu}/${list.order}`, list.count);
      }
    }
  }
}

/** The rectangles {row, column, rows, columns} of a block, rows counted from the row of `origin`. */
export function rectangles(pfn, count, origin) {
  const firstRow = Math.floor(origin / COLUMNS);
  const pieces = [];
  let at = pfn;
  const end = pfn + count;
  while (at < end) {
    const column = at % COLUMNS;
    const row = Math.floor(at / COLUMNS) - firstRow;
    const wholeRows = column === 0 ? Math.floor((end - at) / COLUMNS) : 0;
    if (wholeRows > 0) {
      pieces.push({ row, column, rows: wholeRows, columns: COLUMNS });
      at += wholeRows * COLUMNS;
    } else {
      const columns = Math.min(COLUMNS - column, end - at);
      pieces.push({ row, column, rows: 1, columns });
      at += columns;
    }
  }
  return pieces;
}

/** The page blocks of one zone with the number of frames in each state. */
export function pageBlockSums(blocks, zone, size) {
  const sums = [];
  const end = zone.start_pfn + zone.spanned_pages;
  for (let pfn = zone.start_pfn; pfn < end; ) {
    const next = Math.min((Math.floor(pfn / size) + 1) * size, end);
    sums.push({ pfn, count: next - pfn, states: {}, shared: 0, allocations: 0 });
    pfn = next;
  }
  const first = Math.floor(zone.start_pfn / size);
  for (const block of blocks) {
    let pfn = Math.max(block.pfn, zone.start_pfn);
    const stop = Math.min(block.pfn + block.count, end);
    while (pfn < stop) {
      const sum = sums[Math.floor(pfn / size) - first];
      const until = Math.min(sum.pfn + sum.count, stop);
      sum.states[block.state] = (sum.states[block.state] || 0) + until - pfn;
      if (block.shared) sum.shared += until - pfn;
      if (block.state === "allocated") sum.allocations += 1;
      pfn = until;
    }
  }
  return sums;
}
