/**
 * `<frame-grid>`: a stretch of page frames, 32 to a row, one rectangle per block.
 *
 * Since a buddy block is as long as it is aligned, every block of any order is one rectangle here: part of
 * one row up to order 5, whole rows above. Other stretches are cut at the ends of rows; their first piece
 * is the button and the rest follows it.
 */
import { el } from "../dom.js";
import { COLUMNS, rectangles, STATES, typeLetter } from "../model.js";
import { blockLabel } from "../words.js";

const LABEL_EVERY = 4;

class FrameGrid extends HTMLElement {
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
    for (let row = 0; row < rows; row += 1) {
      if (row % LABEL_EVERY === 0) pieces.push(rowLabel("row-label", row, String((firstRow + row) * COLUMNS)));
      const type = types?.get(firstRow + row);
      if (type) pieces.push(rowLabel("row-type", row, typeLetter(type)));
    }
    for (const block of blocks) pieces.push(...drawn(block, origin, end, changed.has(block.pfn)));
    this.style.setProperty("--gutter", `${(types ? 1 : 0.4) + 0.4 * digits}rem`);
    this.replaceChildren(...pieces);
  }
}

function rowLabel(kind, row, text) {
  const label = el("span", { class: kind, "aria-hidden": "true" }, text);
  label.style.gridRow = String(row + 1);
  return label;
}

function drawn(block, origin, end, changed) {
  const pfn = Math.max(block.pfn, origin);
  const count = Math.min(block.pfn + block.count, end) - pfn;
  return rectangles(pfn, count, origin).map((piece, index) => {
    const cell = index === 0
      ? el("button", { type: "button", tabindex: "-1", "aria-label": blockLabel(block), title: blockLabel(block) })
      : el("span", { "aria-hidden": "true" });
    cell.className = `cell ${changed ? "changed" : ""} ${block.shared ? "shared" : ""}`;
    Object.assign(cell.dataset, { pfn: block.pfn, count: block.count, state: block.state });
    cell.style.gridRow = `${piece.row + 1} / span ${piece.rows}`;
    cell.style.gridColumn = `${piece.column + 2} / span ${piece.columns}`;
    cell.style.setProperty("--n", piece.columns);
    cell.style.setProperty("--m", piece.rows);
    if (piece.columns === 1) cell.classList.add("narrow");
    if (index === 0) cell.append(el("span", { class: "letter", "aria-hidden": "true" }, letter(block, piece)));
    return cell;
  });
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
    case "allocated": return block.id === null ? "•" : block.count === 1 ? String(block.id) : `#${block.id}`;
    case "slab":
    case "vmalloc":
    case "page_table": return STATES[block.state].letter;
    case "unmarked": return "!";
    case "lost": return "?";
    default: return "";
  }
}

customElements.define("frame-grid", FrameGrid);
