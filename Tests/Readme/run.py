"""Runs the commands that README.md and Documentation/Article.md show, and compares what they print.

    python3 Tests/Readme/run.py --server .build/release/kmemlab
    python3 Tests/Readme/run.py --server .build/release/kmemlab --show      # what really came

Commands are the lines behind `$ ` (continued behind `> `) in blocks fenced as `console`; what follows
is their output. The rows of the article's tables have a command in their second column and, as code in the
third, what its output has to contain, in that order. The commands of a page run in one shell, in order, with a
server of their own in place of the one at port 8080. An ellipsis stands for anything within its line, a line with
nothing but an ellipsis for any lines. The last line is `N passed, N failed`; 1 is returned on failure.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
ADDRESS = "127.0.0.1:8080"
END = "--- end of command {} ---"
CODE = re.compile(r"`([^`]+)`")
PAGES = [
    ("README.md", lambda text: [(command, pattern(shown)) for command, shown in commands(text)]),
    ("Documentation/Article.md", lambda text: rows(text)),
]


def commands(text):
    """The README's commands, each with the output that it shows."""
    found = []
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.startswith("> ") and not found[-1][1]:
                found[-1] = (found[-1][0] + "\n" + line[2:], [])
            else:
                found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def rows(text):
    """The commands of the article's page: those of its blocks, then one for each row of a table."""
    found = [(command, pattern(shown)) for command, shown in commands(text)]
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and CODE.fullmatch(cells[1]):
            parts = [part.replace("\\|", "|") for part in CODE.findall(cells[2])]
            found.append((CODE.fullmatch(cells[1])[1].replace("\\|", "|"), containing(parts)))
    return found


def containing(parts):
    """The expression for an output that contains some texts in their order."""
    return re.compile("(?s:.*)" + "(?s:.*)".join(".*".join(map(re.escape, part.split("…"))) for part in parts) + "(?s:.*)")


def pattern(shown):
    """The expression that an output has to match."""
    return re.compile("\n".join(
        "(?s:.*)" if line == "…" else ".*".join(map(re.escape, line.split("…"))) for line in shown.splitlines()))


def outputs(scripts, port):
    """What each command prints, all of them run by one shell."""
    script = "".join(f"{command}\nprintf '\\n%s\\n' '{END.format(index)}'\n" for index, command in enumerate(scripts))
    shell = subprocess.run(
        ["bash", "-u", "-c", script.replace(ADDRESS, f"127.0.0.1:{port}")],
        cwd=ROOT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    rest = shell.stdout.replace(f"127.0.0.1:{port}", ADDRESS)
    for index in range(len(scripts)):
        output, mark, rest = rest.partition(END.format(index) + "\n")
        yield output.strip("\n") if mark else output + "(the shell ended here)"


def compare(pairs, port, show):
    """Runs a page's commands; returns how many of them failed."""
    failed = 0
    for (command, wanted), output in zip(pairs, outputs([command for command, _ in pairs], port)):
        # Trailing spaces, as in /proc/buddyinfo, are not kept in the pages.
        output = "\n".join(line.rstrip() for line in output.splitlines())
        fits = wanted.fullmatch(output)
        first = command.splitlines()[0]
        print(f"ok   $ {first}" if fits else f"FAIL $ {first}\n--- wanted\n{wanted.pattern}\n--- came\n{output}")
        if show:
            print(output)
        failed += not fits
    return failed


def serve(binary, pairs, show):
    """Compares a page's commands with a server of their own."""
    with tempfile.TemporaryDirectory(prefix="kmemlab-readme-") as data, tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [binary, "serve", "--port", "0", "--data", data], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=log)
        try:
            match = LISTENING.search(server.stdout.readline())
            if not match:
                log.seek(0)
                raise SystemExit(f"the server did not start: {log.read()[-2000:]}")
            return compare(pairs, match.group(1), show)
        finally:
            server.terminate()
            server.wait(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--show", action="store_true", help="print what came")
    parser.add_argument("--page", help="only this page")
    options = parser.parse_args()
    binary = str((ROOT / options.server).resolve())
    total = failed = 0
    for name, read in PAGES:
        if options.page not in (None, name):
            continue
        pairs = read((ROOT / name).read_text())
        if not pairs:
            raise SystemExit(f"{name} shows no commands")
        print(f"--- {name}")
        total += len(pairs)
        failed += serve(binary, pairs, options.show)
    print(f"{total - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
