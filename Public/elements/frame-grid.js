/**
 * `<frame-grid>`: a stretch of page frames, 32 to a row, one rectangle per block.
 *
 * Since a buddy block is as long as it is aligned, every block of any order is one rectangle here: part of
 * one row up to order 5, whole rows above. Other stretches are cut at the ends of rows; their first piece
 * is the button and the rest follows it.
 */
import { arrange, el, Kept } from "../dom.js";
import { COLUMNS, rectangles, STATES, typeLetter } from "../model.js";
import { blockLabel } from "../words.js";

const LABEL_EVERY = 4;

class FrameGrid extends HTMLElement {
  #kept = new Kept();

  /**
   * Draws `blocks` (already limited to the stretch) in rows from the row of `origin`.
   * `types` has the migrate types of the page blocks where each is just one row; otherwise null.
   */
  show({ blocks, origin, end, label, changed, digits, types }) {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", label);
    const firstRow = Math.floor(origin / COLUMNS);
    const rows = Math.floor((end - 1) / COLUMNS) - firstRow + 1;
    const pieces = [];
    this.#kept.begin();
    for (let row = 0; row < rows; row += 1) {
      if (row % LABEL_EVERY === 0) pieces.push(this.#rowLabel("row-label", row, String((firstRow + row) * COLUMNS)));
      const type = types?.get(firstRow + row);
      if (type) pieces.push(this.#rowLabel("row-type", row, typeLetter(type)));
    }
    for (const block of blocks) pieces.push(...this.#drawn(block, origin, end, changed.has(block.pfn)));
    this.style.setProperty("--gutter", `${(types ? 1 : 0.4) + 0.4 * digits}rem`);
    arrange(this, pieces);
  }

  #rowLabel(kind, row, text) {
    return this.#kept.take(`${kind} ${row} ${text}`, () => rowLabel(kind, row, text));
  }

  #drawn(block, origin, end, changed) {
    const pfn = Math.max(block.pfn, origin);
    const count = Math.min(block.pfn + block.count, end) - pfn;
    const look = JSON.stringify([block.pfn, block.count, block.state, block.shared, changed, blockLabel(block)]);
    return rectangles(pfn, count, origin).map((piece, index) => {
      const sign = letter(block, piece);
      return this.#kept.take(`${look} ${sign} ${Object.values(piece)}`, () => cell(block, piece, sign, index === 0, changed));
    });
  }
}

function rowLabel(kind, row, text) {
  const label = el("span", { class: kind, "aria-hidden": "true" }, text);
  label.style.gridRow = String(row + 1);
  return label;
}

/** The first piece of a block is its button. */
function cell(block, piece, sign, isFirst, changed) {
  const item = isFirst
    ? el("button", { type: "button", tabindex: "-1", "aria-label": blockLabel(block), title: blockLabel(block) })
    : el("span", { "aria-hidden": "true" });
  item.className = `cell ${changed ? "changed" : ""} ${block.shared ? "shared" : ""}`;
  Object.assign(item.dataset, { pfn: block.pfn, count: block.count, state: block.state });
  item.style.gridRow = `${piece.row + 1} / span ${piece.rows}`;
  item.style.gridColumn = `${piece.column + 2} / span ${piece.columns}`;
  item.style.setProperty("--n", piece.columns);
  item.style.setProperty("--m", piece.rows);
  if (piece.columns === 1) item.classList.add("narrow", ...(sign.length > 2 ? ["crowded"] : []));
  if (isFirst) item.append(el("span", { class: "letter", "aria-hidden": "true" }, sign));
  return item;
}

/** What stands in a block: colour never carries the meaning alone. */
function letter(block, { columns }) {
  if (block.shared && block.owners.length > 1 && columns >= 4) {
    return block.owners.map((owner) => `#${owner.id ?? "?"}`).join("+");
  }
  if (block.shared) return "2×";
  switch (block.state) {
    case "free": return `${typeLetter(block.migratetype)}${columns >= 16 ? ` order ${block.order}` : ""}`;
    case "per_cpu": return typeLetter(block.migratetype);
    case "allocated": return block.id === null || (block.count === 1 && block.id > 999) ? "•" : `${block.count > 1 ? "#" : ""}${block.id}`;
    case "slab":
    case "vmalloc":
    case "page_table": return STATES[block.state].letter;
    case "unmarked": return "!";
    case "lost": return "?";
    default: return "";
  }
}

customElements.define("frame-grid", FrameGrid);
