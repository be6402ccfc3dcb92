"""Checks the page in headless Chromium against a real kmemlab server.

    pip install -r Tests/Browser/requirements.txt
    python3 Tests/Browser/run.py --server .build/release/kmemlab
    python3 Tests/Browser/run.py --server .build/release/kmemlab --only article     # checks by name
    python3 Tests/Browser/run.py --server .build/release/kmemlab --screenshots DIR

Starts the server on a free port with the repository as its working directory, and ends it. Uses the Chromium of the
system (CHROMIUM=/path, default chromium-headless-shell, or else chromium), one browser for each of three processes that
share the checks. The last line is `N passed, N failed`; 1 is returned on failure.
"""

import argparse
import multiprocessing
import os
import queue
import re
import shlex
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

import checks_access, checks_acting, checks_book, checks_drawing, checks_embedding, checks_frame, checks_high, checks_lab, checks_slabs, checks_stories, checks_virtual  # noqa: E401,F401 (they register)
from support import CHECKS, Lab

ROOT = Path(__file__).resolve().parents[2]
# The checks that take longest, and so come first.
LONG = re.compile(r"axe_finds|run_to_their_end|equal_the|stories|asks_and_answers|captions")
# The same engine with and without what only a window needs; without, the checks take a third less time.
INSTALLED = [path for path in ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium") if Path(path).exists()]
CHROMIUM = os.environ.get("CHROMIUM", INSTALLED[0] if INSTALLED else "chromium")
LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")


class Server:
    """The server under test, from its start until its end."""

    def __init__(self, command):
        self.data = tempfile.TemporaryDirectory(prefix="kmemlab-browser-")
        self.log = tempfile.TemporaryFile("w+")
        arguments = shlex.split(command)
        if Path(arguments[0]).exists():
            arguments[0] = str(Path(arguments[0]).resolve())
        self.process = subprocess.Popen(
            [*arguments, "serve", "--port", "0", "--data", self.data.name], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=self.log)

    def __enter__(self):
        for line in self.process.stdout:
            if match := LISTENING.search(line):
                return match.group(1)
        self.log.seek(0)
        raise SystemExit(f"the server did not start: {self.log.read()[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.data.cleanup()


def run(base, only, workers):
    """Has the checks done by so many browsers at once, and tells how each ended."""
    names = [check.__name__ for check in sorted(CHECKS, key=lambda check: not LONG.search(check.__name__)) if only in check.__name__]
    waiting, done = multiprocessing.Queue(), multiprocessing.Queue()
    for name in names + [None] * workers:
        waiting.put(name)
    processes = [multiprocessing.Process(target=work, args=(base, waiting, done), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    passed = failed = 0
    while passed + failed < len(names):
        name, seconds, complaint = told(done, processes)
        passed, failed = (passed + 1, failed) if complaint is None else (passed, failed + 1)
        print(f"ok   {name} ({seconds:.1f} s)" if complaint is None else f"FAIL {name}\n{complaint}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def told(done, processes):
    """The next result; an end with the reason if no process is left that could give one."""
    while True:
        try:
            return done.get(timeout=1)
        except queue.Empty:
            if not any(process.is_alive() for process in processes) and done.empty():
                raise SystemExit("the browsers ended before the checks did")


def work(base, waiting, done):
    """Does checks with a browser of its own until there are no more."""
    checks = {check.__name__: check for check in CHECKS}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name in iter(waiting.get, None):
            begin, complaint = time.monotonic(), None
            try:
                checks[name](browser, base)
            except Exception:
                complaint = traceback.format_exc(limit=-3)
            finally:
                for context in browser.contexts:
                    context.close()
            done.put((name, time.monotonic() - begin, complaint))
        browser.close()


def launch(playwright):
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


def take_screenshots(browser, base, directory):
    os.makedirs(directory, exist_ok=True)
    for width, height in ((390, 844), (1280, 900), (1920, 1080)):
        for theme in ("light", "dark"):
            lab = Lab(browser, base, width=width, height=height, theme=theme)
            save(lab, directory, f"{width}-{theme}-first")
            lab.start_story("wrong-order")
            lab.play()
            save(lab, directory, f"{width}-{theme}-story")
            lab.start_story("double-kfree")
            lab.play()
            save(lab, directory, f"{width}-{theme}-slabs")
            lab.start_story("vmalloc-or-kmalloc")
            lab.play()
            save(lab, directory, f"{width}-{theme}-virtual")
            lab.start_story("device")
            lab.play()
            save(lab, directory, f"{width}-{theme}-device")
            lab.start_story("pool-runs-out")
            lab.play()
            save(lab, directory, f"{width}-{theme}-pool")
            lab.boot("i386")
            lab.click("call-panel .allocate .primary", to=1)
            save(lab, directory, f"{width}-{theme}-i386")
            for name in ("i386-shattered", "x86_64-booted"):
                lab.boot(f"recorded:{name}")
                lab.click("call-panel .allocate .primary", to=1)
                save(lab, directory, f"{width}-{theme}-{name}")
            lab.close()


def save(lab, directory, name):
    lab.page.screenshot(path=str(Path(directory) / f"{name}.png"))
    lab.page.screenshot(path=str(Path(directory) / f"{name}-whole.png"), full_page=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--only", default="", help="run the checks whose name contains this")
    parser.add_argument("--workers", type=int, default=3, help="how many browsers share the checks")
    parser.add_argument("--screenshots", metavar="DIR", help="take pictures instead of checking")
    options = parser.parse_args()
    with Server(options.server) as base:
        if not options.screenshots:
            return run(base, options.only, options.workers)
        with sync_playwright() as playwright:
            browser = launch(playwright)
            take_screenshots(browser, base, options.screenshots)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
