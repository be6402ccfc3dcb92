"""Runs the tests under sanitizers, each in a build of its own.

    python3 Tests/Sanitize/run.py address thread

`address` runs all suites, `thread` those in which threads meet. What is left out takes longer than the rest together
and does not look at anything else: see SKIPPED. The last line is `N passed, N failed`.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT_IN_SECONDS = 1_800
# Millions of simulated calls each, on one thread; the soak and the fuzzers make more of them, optimized.
SKIPPED = ["KernelTracesTests", "RecordingFuzzTests", ".*RandomTests"]
TARGETS = {
    "address": ["MicroHTTPDTests", "MemoryAPITests", "SessionJournalTests", "CallImportTests", "FuzzTests", "KernelMemoryTests"],
    "thread": ["MicroHTTPDTests", "SessionJournalTests", "ConcurrencyTests", "SocketTests", "EventSocketTests", "EventTests", "DurableSessionTests", "LimitTests", "BatchStreamTests"],
}
OPTIONS = {
    # Swift's own report of a crash would take minutes, and hide the sanitizer's.
    "SWIFT_BACKTRACE": "enable=no",
    # Swift's runtime keeps what it has built until the end, and LeakSanitizer takes that for leaks.
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
    "TSAN_OPTIONS": f"halt_on_error=0:exitcode=66:suppressions={HERE / 'thread.supp'}",
}


def run(*command):
    print(f"$ {' '.join(command)}", flush=True)
    return subprocess.run(["timeout", "--kill-after=10", str(LIMIT_IN_SECONDS), *command], cwd=ROOT, env=os.environ | OPTIONS, stdin=subprocess.DEVNULL).returncode


def check(sanitizer):
    """Returns whether the tests pass under a sanitizer."""
    scratch = ["--scratch-path", f".build/sanitize-{sanitizer}", f"--sanitize={sanitizer}", "--disable-xctest"]
    if run("swift", "build", "--build-tests", *scratch) != 0:
        return False
    begin = time.monotonic()
    filters = [word for name in TARGETS[sanitizer] for word in ("--filter", name)]
    skips = [word for name in SKIPPED for word in ("--skip", name)]
    status = run("swift", "test", "--skip-build", *scratch, *filters, *skips)
    print(f"{sanitizer}: {time.monotonic() - begin:.0f} s, {'nothing found' if status == 0 else f'ended with {status}'}")
    return status == 0


def main():
    names = sys.argv[1:] or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        raise SystemExit(f"no sanitizer {unknown.pop()}; there are: {', '.join(TARGETS)}")
    passed = sum([check(name) for name in names])
    print(f"{passed} passed, {len(names) - passed} failed")
    return int(passed < len(names))


if __name__ == "__main__":
    sys.exit(main())
