/**
 * Drawing pages in a row, the frames behind them in the order of physical memory, and which belong together: by
 * a band, by a colour and by a letter for each piece. Many pages are drawn piece by piece.
 */
import { el, svg } from "../dom.js";
import { lab } from "../lab.js";
import { overlap } from "../model.js";
import { physicalRow, piecesOf } from "../virtual.js";
import { pieceLabel, pieceLetter } from "../virtual-words.js";
import { frameRange, plural } from "../words.js";

const COLOURS = 6;
const MOST_CELLS = 64;
/** That stand in a row on a phone. */
const CHARACTERS = 44;
/** How wide the guard page, and the space between two pieces, are drawn: in pages, if all pages are so many. */
const guardWidth = (pages) => Math.max(1, pages / 30);
const gapWidth = (pages) => Math.max(0.7, pages / 14);

/** A figure of some pages: {title, words, pages, total, guard, what}; `actions` stand below. */
export function mapping({ title, words, pages, total, guard, what }, actions) {
  const pieces = piecesOf(pages).slice(0, MOST_CELLS);
  const end = pieces.length < MOST_CELLS ? pages.length : pieces[MOST_CELLS - 1].index + pieces[MOST_CELLS - 1].count;
  const drawn = pages.slice(0, end);
  const bottom = physicalRow(pieces);
  const numbers = new Map(pieces.map((piece, number) => [piece, number]));
  return el("figure", { class: "mapping" },
    el("figcaption", {}, el("span", {}, title), el("span", { class: "sub" }, words)),
    el("p", { class: "sub axis" }, "addresses from ", el("code", {}, pages[0]?.address ?? "–"),
      total > end && `, the first ${end} of ${total.toLocaleString("en")} pages`),
    virtualRow(drawn, pieces, guard, what),
    bands(pieces, bottom, end + (guard ? guardWidth(end) : 0)),
    frameRow(bottom, numbers, what, end),
    el("p", { class: "sub axis" }, `frames, ${zones(pages)}`),
    actions.length > 0 && el("div", { class: "actions" }, actions));
}

function zones(pages) {
  const names = [...new Set(pages.map((page) => page.zone).filter(Boolean))];
  return names.length ? `zone ${names.join(" and ")}` : "one behind the other";
}

function columns(row, widths) {
  row.style.setProperty("grid-template-columns", widths.map((width) => `minmax(0, ${width}fr)`).join(" "));
  return row;
}

function virtualRow(pages, pieces, guard, what) {
  const parts = pages.length <= MOST_CELLS ? pages : pieces.map((piece) => ({ ...pages[piece.index], count: piece.count }));
  const widths = parts.map((part) => part.count ?? 1);
  const cells = parts.map(({ index, pfn, address, count = 1 }) => {
    const number = pieces.findIndex((piece) => piece.index <= index && index < piece.index + piece.count);
    const where = count > 1 ? `${count} pages from ${address} on` : `Page ${index} at ${address}`;
    const label = pfn === null ? `${where}: not mapped` : `${where}: ${frameRange(pfn, count)}, piece ${pieceLetter(number)}`;
    return el("button", {
      type: "button", tabindex: "-1", title: label, "aria-label": label, "data-address": address, "data-key": `page ${address}`,
      "data-colour": number < 0 ? null : number % COLOURS, "data-pfn": pfn, "data-count": pfn === null ? null : count, onclick: () => lab.lookAt(address),
    }, parts.length <= 24 && number >= 0 ? el("span", { "aria-hidden": "true" }, pieceLetter(number)) : "");
  });
  if (guard) {
    widths.push(guardWidth(pages.length));
    const label = `Guard page at ${guard}: nothing is mapped`;
    cells.push(el("button", {
      type: "button", tabindex: "-1", title: label, "aria-label": label, class: "guard", "data-address": guard, "data-key": `page ${guard}`,
      onclick: () => lab.lookAt(guard),
    }, el("span", { "aria-hidden": "true" }, "✕")));
  }
  return columns(el("div", { class: "virtual", role: "group", "aria-label": `Pages of ${what}` }, cells), widths);
}

/** From each piece of the upper row a band to the same piece of the lower. */
function bands(pieces, bottom, top) {
  const widths = rowWidths(bottom);
  const sum = widths.reduce((total, width) => total + width, 0);
  let at = 0;
  const places = new Map(bottom.map((part, index) => {
    const place = [at / sum, (at + widths[index]) / sum];
    at += widths[index];
    return [part.piece, place];
  }));
  const x = (share) => (1000 * share).toFixed(1);
  return svg("svg", { class: "bands", viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" }, ...pieces.map((piece, number) => {
    const [from, to] = places.get(piece);
    const points = [[piece.index / top, 0], [(piece.index + piece.count) / top, 0], [to, 100], [from, 100]];
    return svg("polygon", { points: points.map(([share, y]) => `${x(share)},${y}`).join(" "), "data-colour": number % COLOURS });
  }));
}

/** Whether the device of the step on show came upon frames of others there. */
function strikes(range) {
  const parts = lab.answers.get(lab.step)?.answer.dma?.parts ?? [];
  return parts.some((part) => !part.meant && overlap({ pfn: part.pfn, count: 1 }, range));
}

function rowWidths(bottom) {
  const pages = bottom.reduce((sum, { piece }) => sum + (piece?.count ?? 0), 0);
  return bottom.map(({ piece }) => piece?.count ?? gapWidth(pages));
}

function frameRow(bottom, numbers, what, drawn) {
  const widths = rowWidths(bottom);
  const room = (CHARACTERS * gapWidth(drawn)) / widths.reduce((total, width) => total + width, 0);
  const cells = bottom.map(({ piece, gap, pfn }) => {
    if (!piece) {
      const isHit = strikes({ pfn, count: gap });
      const text = gap.toLocaleString("en");
      const label = `${plural(gap, "frame")} of others, from frame ${pfn} on${isHit ? "; the device wrote there" : ""}`;
      return el("span", { class: `gap ${isHit ? "hit" : ""}`, title: label, role: "img", "aria-label": label }, isHit ? el("span", {}, "✕") : text.length < room ? text : "");
    }
    const number = numbers.get(piece);
    const label = pieceLabel(piece, number, what);
    return el("button", {
      type: "button", title: label, "aria-label": label, "data-colour": number % COLOURS, "data-pfn": piece.pfn, "data-count": piece.count,
      "data-key": `piece ${piece.pfn}`, onclick: () => lab.select({ pfn: piece.pfn, count: piece.count }),
    }, el("span", { "aria-hidden": "true" }, piece.count * 7 >= drawn ? `${pieceLetter(number)} ${piece.pfn}` : pieceLetter(number)));
  });
  return columns(el("div", { class: "frames", role: "group", "aria-label": `Frames of ${what}` }, cells), widths);
}
