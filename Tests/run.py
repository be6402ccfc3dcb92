"""Runs every check and counts them: style, warnings, swift test, the server, its contract, the README, the page.

    .venv/bin/python Tests/run.py                 # what `make test` does
    .venv/bin/python Tests/run.py readme page     # some parts only

Each part's output is shown behind its name, and what failed once more at the end. The last line is
`N passed, N failed` with the sum of what the parts counted; a part that ends without a count, or with
an error beyond it, adds a failure. 1 is returned if anything failed.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINARY = ".build/release/kmemlab"
# A build of its own, in which the kernel is optimized (see Package.swift): the tests take a fifth of the time.
SWIFT = ["env", "KMEMLAB_OPTIMIZED_TESTS=yes", "swift"]
TESTS = ["--scratch-path", ".build/tests"]
REPORT = ".build/swift-tests.xml"
LIMIT_IN_SECONDS = "900"
COUNTS = re.compile(r"(\d+) passed, (\d+) failed")
# How the parts begin a complaint, and how many lines of it are worth saying twice.
COMPLAINT, LINES_SHOWN_AGAIN = re.compile(r"FAIL |FAILED |✘ |\S+: (warning|error): "), 12
complaints = []


def run(name, *command):
    """Runs a command and shows what it prints; returns its status and its lines. One that hangs is ended."""
    lines = []
    print(f"{name:8}| $ {' '.join(command)}", flush=True)
    with subprocess.Popen(
        ["timeout", "--kill-after=10", LIMIT_IN_SECONDS, *command], cwd=ROOT, text=True, errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout:
            lines.append(line.rstrip())
            print(f"{name:8}| {lines[-1]}", flush=True)
    for index, line in enumerate(lines):
        if COMPLAINT.match(line):
            complaints.extend(f"{name:8}| {text}" for text in lines[index:index + LINES_SHOWN_AGAIN])
    return process.returncode, lines


def one(passed):
    return (1, 0) if passed else (0, 1)


def counted(status, counts):
    """Counts of a part; a part that failed without saying in what counts as one failure."""
    passed, failed = counts
    return passed, failed or int(status != 0 or passed == 0)


def style():
    status, lines = run("style", "swift", "format", "lint", "--strict", "--recursive", "Sources", "Tests", "Package.swift")
    return one(status == 0 and not lines)


def warnings():
    """Builds the server; whatever is compiled must be free of warnings."""
    status, lines = run("build", "swift", "build", "-c", "release")
    return one(status == 0 and not any("warning:" in line for line in lines))


def swift():
    report = ROOT / REPORT
    report.unlink(missing_ok=True)
    status, lines = run("swift", *SWIFT, "build", "--build-tests", *TESTS)
    if status == 0:
        status, more = run("swift", *SWIFT, "test", "--skip-build", "--disable-xctest", "--xunit-output", REPORT, *TESTS)
        lines += more
    cases = read_cases(report)
    failed = sum(case.find("failure") is not None for case in cases)
    passed, failed = counted(status, (len(cases) - failed, failed))
    return passed, failed + sum("warning:" in line for line in lines)


def read_cases(report):
    """The tests that a report tells of; none where there is no report, or where its writer was ended."""
    try:
        return list(xml.parse(report).iter("testcase"))
    except (OSError, xml.ParseError):
        return []


def counting(name, script):
    def part():
        status, lines = run(name, sys.executable, script, "--server", BINARY)
        counts = COUNTS.fullmatch(lines[-1]) if lines else None
        return counted(status, tuple(map(int, counts.groups())) if counts else (0, 1))

    return part


def soak():
    """Random calls under the invariant checks, and copies on many threads under ThreadSanitizer."""
    kinds = {"calls": "300000", "slabs": "300000", "wild": "300000", "contexts": "200000"}
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(run, "soak", ".build/release/soak", kind, count, "1") for kind, count in kinds.items()]
    passed = [one(result.result()[0] == 0) for result in results]
    status, _ = run("soak", "swift", "build", "-c", "release", "--sanitize=thread", "--scratch-path", ".build/tsan", "--product", "soak")
    if status == 0:
        status, _ = run("soak", ".build/tsan/release/soak", "forks", "5")
    return tuple(map(sum, zip(*passed, one(status == 0))))


PARTS = {
    "style": style,
    "build": warnings,
    "swift": swift,
    "soak": soak,
    "server": counting("server", "Tests/Server/run.py"),
    "contract": counting("contract", "Tests/Contract/run.py"),
    "readme": counting("readme", "Tests/Readme/run.py"),
    "page": counting("page", "Tests/Browser/run.py"),
}


def main():
    unknown = [name for name in sys.argv[1:] if name not in PARTS]
    if unknown:
        raise SystemExit(f"no part {unknown[0]}; there are: {', '.join(PARTS)}")
    rows = []
    # SwiftPM leaves empty folders behind, some for every build and every run of the tests.
    with tempfile.TemporaryDirectory(prefix="kmemlab-tests-", ignore_cleanup_errors=True) as scratch:
        os.environ["TMPDIR"] = scratch
        for name in sys.argv[1:] or PARTS:
            begin = time.monotonic()
            rows.append((name, *PARTS[name](), time.monotonic() - begin))
    print("\n".join(["", *complaints, ""] if complaints else [""]))
    for name, passed, failed, seconds in rows:
        print(f"{name:8}{passed:6} ok {failed:6} FAIL {seconds:6.0f} s")
    passed, failed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
