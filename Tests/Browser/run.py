"""Checks the page in headless Chromium against a real kmemlab server.

    pip install -r Tests/Browser/requirements.txt
    python3 Tests/Browser/run.py --server .build/release/kmemlab
    python3 Tests/Browser/run.py --server .build/release/kmemlab --only article     # checks by name
    python3 Tests/Browser/run.py --server .build/release/kmemlab --screenshots DIR

Starts the server on a free port with the repository as its working directory, and ends it. Uses the Chromium of the
system (CHROMIUM=/path, default /usr/bin/chromium). The last line is `N passed, N failed`; 1 is returned on failure.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

import checks_access, checks_acting, checks_book, checks_drawing, checks_high, checks_lab, checks_slabs, checks_stories, checks_virtual  # noqa: E401,F401 (they register)
from support import CHECKS, Lab

ROOT = Path(__file__).resolve().parents[2]
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


def run(browser, base, only):
    passed = failed = 0
    for check in CHECKS:
        if only and only not in check.__name__:
            continue
        begin = time.monotonic()
        try:
            check(browser, base)
            passed += 1
            print(f"ok   {check.__name__} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {check.__name__}\n{traceback.format_exc(limit=-3)}", flush=True)
        finally:
            for context in browser.contexts:
                context.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


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
    parser.add_argument("--screenshots", metavar="DIR", help="take pictures instead of checking")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with Server(options.server) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        browser_status = 0
        if options.screenshots:
            take_screenshots(browser, base, options.screenshots)
        else:
            browser_status = run(browser, base, options.only)
        browser.close()
    return browser_status


if __name__ == "__main__":
    sys.exit(main())
