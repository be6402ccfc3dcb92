/**
 * One tab stop for many buttons: arrows move inside, Tab leaves.
 *
 *     rove(container, "button.cell", { place: (button) => ({ x, y }) })
 *
 * Left and right go to the neighbour in document order, up and down to the nearest by place.
 */
export function rove(container, selector, { place = null, onMove = null } = {}) {
  const items = () => [...container.querySelectorAll(selector)];

  container.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !event.target.matches(selector)) return;
    const all = items();
    const at = all.indexOf(event.target);
    const next = target(event.key, all, at);
    if (next === undefined) return;
    event.preventDefault();
    if (next && next !== event.target) {
      makeStop(next);
      next.focus();
      onMove?.(next);
    }
  });
  container.addEventListener("focusin", (event) => {
    if (event.target.matches(selector)) makeStop(event.target);
  });

  function target(key, all, at) {
    switch (key) {
      case "ArrowRight": return all[at + 1] ?? null;
      case "ArrowLeft": return all[at - 1] ?? null;
      case "Home": return all[0];
      case "End": return all[all.length - 1];
      case "ArrowDown": return vertical(all, at, 1);
      case "ArrowUp": return vertical(all, at, -1);
      default: return undefined;
    }
  }

  function vertical(all, at, direction) {
    if (!place) return all[at + direction] ?? null;
    const from = place(all[at]);
    let best = null;
    let bestScore = Infinity;
    for (const item of all) {
      const to = place(item);
      const rows = (to.y - from.y) * direction;
      if (rows <= 0) continue;
      const score = rows * 1000 + Math.abs(to.x - from.x);
      if (score < bestScore) [best, bestScore] = [item, score];
    }
    return best;
  }

  function makeStop(button) {
    for (const other of container.querySelectorAll(`${selector}[tabindex="0"]`)) other.tabIndex = -1;
    button.tabIndex = 0;
  }
}
