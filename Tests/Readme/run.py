"""Runs the commands that README.md shows, and compares what they print with what it shows.

    python3 Tests/Readme/run.py --server .build/release/kmemlab
    python3 Tests/Readme/run.py --server .build/release/kmemlab --show      # what really came

Commands are the lines behind `$ ` (continued behind `> `) in blocks fenced as `console`; what follows
is their output. All of them run in one shell, in order, with a server of their own in place of the one
at port 8080. An ellipsis in the README stands for anything within its line, a line with nothing but an
ellipsis for any lines. The last line is `N passed, N failed`; 1 is returned on failure.
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
    failed = 0
    for (command, shown), output in zip(pairs, outputs([command for command, _ in pairs], port)):
        # Trailing spaces, as in /proc/buddyinfo, are not kept in the README.
        output = "\n".join(line.rstrip() for line in output.splitlines())
        fits = pattern(shown).fullmatch(output)
        first = command.splitlines()[0]
        print(f"ok   $ {first}" if fits else f"FAIL $ {first}\n--- shown\n{shown}\n--- came\n{output}")
        if show:
            print(output)
        failed += not fits
    print(f"{len(pairs) - failed} passed, {failed} failed")
    return int(failed > 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--show", action="store_true", help="print what came")
    options = parser.parse_args()
    pairs = commands((ROOT / "README.md").read_text())
    if not pairs:
        raise SystemExit("README.md shows no commands")
    binary = str((ROOT / options.server).resolve())
    with tempfile.TemporaryDirectory(prefix="kmemlab-readme-") as data, tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [binary, "serve", "--port", "0", "--data", data], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=log)
        try:
            match = LISTENING.search(server.stdout.readline())
            if not match:
                log.seek(0)
                raise SystemExit(f"the server did not start: {log.read()[-2000:]}")
            return compare(pairs, match.group(1), options.show)
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    sys.exit(main())
