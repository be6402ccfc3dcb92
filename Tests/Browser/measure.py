"""Measures how fast the lab answers: from a click to the painted figure, and while the slider is dragged.

    python3 Tests/Browser/measure.py --server .build/release/kmemlab

Prints milliseconds, and for a machine that is busy with other things also the time that the page's main thread had
the processor. It judges nothing: the checks count requests instead.
"""

import argparse
import json
import statistics
import tempfile
from collections import Counter

from playwright.sync_api import sync_playwright

from run import Server, launch
from support import Lab

CLICKS, CALLS = 50, 1000

# Allocates and frees in turn; a click has ended with the first task behind the frame that shows its step.
CLICK = """async (count) => {
  const { lab } = await import('/lab.js');
  const idle = () => new Promise((done) => { const look = () => (document.body.dataset.busy === undefined ? done() : setTimeout(look, 5)); look(); });
  const painted = () => new Promise((done) => lab.addEventListener('view', () => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
  }), { once: true }));
  const times = [];
  for (let number = 0; number < count; number += 1) {
    await idle();
    const shown = painted(), from = performance.now();
    performance.mark('click');
    document.querySelector(number % 2 ? 'live-pages tr:last-child button:not(.link)' : 'call-panel .allocate .primary').click();
    times.push(await shown - from);
    performance.mark('painted');
  }
  return times;
}"""

# From the newest step to the oldest, two steps a frame.
DRAG = """async () => {
  const { lab } = await import('/lab.js');
  const slider = document.querySelector('step-bar input'), frames = [];
  let drawn = 0, before = performance.now();
  lab.addEventListener('view', () => { drawn += 1; });
  for (let step = lab.last; step >= 0; step -= 2) {
    slider.value = step;
    slider.dispatchEvent(new Event('input'));
    await new Promise((done) => requestAnimationFrame(done));
    frames.push(performance.now() - before);
    before = performance.now();
  }
  return { frames, drawn };
}"""

CALL = """async (count) => {
  const { lab } = await import('/lab.js'), { requests } = await import('/api.js');
  const names = ['alloc_page(GFP_KERNEL)', ...Array(4).fill('kmalloc(40, GFP_KERNEL)')];
  for (let made = 0; made < count; made += 100) await lab.perform(requests.batch(Array.from({ length: 100 }, (_, one) => names[one % 5])));
}"""


def traced(browser, page, script, argument=None):
    """What the script returns, and the main thread's tasks as (begin, end, processor time) and the marks, in milliseconds."""
    with tempfile.NamedTemporaryFile() as file:
        browser.start_tracing(page=page, path=file.name, categories=["toplevel", "blink.user_timing"])
        result = page.evaluate(script, argument)
        browser.stop_tracing()
        events = json.load(open(file.name))["traceEvents"]
    names = {(one["pid"], one["tid"]) for one in events if one.get("name") == "thread_name" and one["args"].get("name") == "CrRendererMain"}
    thread, _ = Counter(key for one in events if (key := (one["pid"], one["tid"])) in names).most_common(1)[0]
    tasks = [(one["ts"] / 1000, (one["ts"] + one["dur"]) / 1000, one.get("tdur", 0) / 1000) for one in events
             if (one["pid"], one["tid"]) == thread and one.get("ph") == "X" and one["name"] == "ThreadControllerImpl::RunTask"]
    marks = sorted((one["ts"] / 1000, one["name"]) for one in events if one["name"] in ("click", "painted"))
    return result, tasks, marks


def figures(title, numbers):
    print(f"{title}: median {statistics.median(numbers):.0f} ms, worst {max(numbers):.0f} ms of {len(numbers)}")


def measure(browser, base):
    lab = Lab(browser, base)
    lab.page.evaluate(CLICK, CLICKS)
    times, tasks, marks = traced(browser, lab.page, CLICK, CLICKS)
    figures("click to painted figure", times)
    spans = [(begin, end) for (begin, name), (end, _) in zip(marks, marks[1:]) if name == "click"]
    figures("  main thread", [sum(work for start, stop, work in tasks if stop > begin and start < end) for begin, end in spans])
    lab.page.evaluate(CALL, CALLS)
    lab.idle()
    lab.urls.clear()
    dragged, tasks, _ = traced(browser, lab.page, DRAG)
    lab.idle()
    figures(f"frame while dragging over {CALLS} steps", dragged["frames"])
    figures("  longest tasks of the main thread", sorted((work for _, _, work in tasks), reverse=True)[:20])
    print(f"  {dragged['drawn']} steps drawn, {len(lab.urls)} requests")
    lab.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    options = parser.parse_args()
    with Server(options.server) as base, sync_playwright() as playwright:
        browser = launch(playwright)
        measure(browser, base)
        browser.close()


if __name__ == "__main__":
    main()
