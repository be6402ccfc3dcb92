"""Takes pictures of every chapter of the book at three widths in both themes, for looking at.

    python3 Tests/Browser/screenshots.py --server .build/release/kmemlab DIR
    python3 Tests/Browser/screenshots.py --server .build/release/kmemlab DIR --only tlb     # chapters by name
    python3 Tests/Browser/screenshots.py --server .build/release/kmemlab DIR --widths 390

Each chapter is shown at the end of its first scene, with all of the page; DIR/1280-dark-tlb.png is one of them.
"""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from checks_book import CHAPTERS, Chapter
from run import Server, launch

HEIGHTS = {390: 844, 1280: 900, 1920: 1080}
# A bar that sticks to the window would cover something in a picture of the whole page.
UNSTICK = "() => document.querySelector('.area-steps')?.style.setProperty('position', 'static')"


def pictures(browser, base, directory, names, widths):
    """One visit for each chapter: its scene is played once, and then the window changes its size and theme."""
    for name in names:
        chapter = Chapter(browser, base, name, reduced_motion="reduce")
        chapter.play()
        each(chapter.page, directory, name, widths)
        chapter.close()
    contents = browser.new_page()
    contents.goto(base)
    each(contents, directory, "contents", widths)
    contents.close()


def each(page, directory, name, widths):
    page.evaluate(UNSTICK)
    for width in widths:
        for theme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=str(directory / f"{width}-{theme}-{name}.png"), full_page=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the pictures go")
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--only", default="", help="the chapters whose name contains this")
    parser.add_argument("--widths", type=int, nargs="+", default=list(HEIGHTS), choices=list(HEIGHTS))
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    names = [name for name in CHAPTERS if options.only in name]
    with Server(options.server) as base, sync_playwright() as playwright:
        browser = launch(playwright)
        pictures(browser, base, options.directory, names, options.widths)
        browser.close()


if __name__ == "__main__":
    main()
