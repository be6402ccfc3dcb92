/** Building elements without markup in strings. */

/**
 * Makes an element: `el("button", { class: "chip", "data-pfn": 512, onclick: go }, "512")`.
 * Functions become listeners, `true` an empty attribute, `null` and `false` none.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A kernel call as code that may wrap after a bracket or a bar, but not inside a name. */
export function callCode(text) {
  const parts = text.split(/(?<=[(|])/);
  return el("code", {}, parts.flatMap((part, index) => (index ? [el("wbr"), part] : [part])));
}

/** A control with its label. */
export function field(label, control) {
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control);
}

/** A button that copies `text` and says so. */
export function copyButton(text, what) {
  const button = el("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and press Ctrl+C";
    }
  });
  button.addEventListener("blur", () => { button.textContent = "Copy"; });
  return button;
}

/** The same as `el` for drawings: `svg("polygon", { points })`. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Draws again what is in `container` and gives the focus back to the element with the same `data-key`. */
export function redraw(container, draw) {
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  draw();
  if (key === null) return;
  const same = [...container.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  (same ?? container.closest("[tabindex]"))?.focus({ preventScroll: true });
}

/** Elements that the next drawing uses again where it would make the very same. */
export class Kept {
  #old = new Map();
  #new = new Map();

  /** Another drawing begins. */
  begin() {
    [this.#old, this.#new] = [this.#new, new Map()];
  }

  /** What was made under `key`, which tells all that can be seen of it; `make` makes it if there is none. */
  take(key, make) {
    const element = this.#new.get(key) ?? this.#old.get(key) ?? make();
    this.#new.set(key, element);
    return element;
  }
}

/** Makes `nodes` the children of `container`. Those that are there already, in the same order, are not touched. */
export function arrange(container, nodes) {
  const kept = new Set(nodes);
  for (const child of [...container.childNodes]) if (!kept.has(child)) child.remove();
  let at = container.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else container.insertBefore(node, at);
  }
}
