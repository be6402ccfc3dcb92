"""Runs the tests under sanitizers, each in a build of its own.

    python3 Tests/Sanitize/run.py address thread

`address` runs all suites, `thread` those in which threads meet. What is left out takes longer than the rest together
and does not look at anything else: see SKIPPED. Before the tests, each sanitizer must find the
errors of planted.swift. The last line is `N passed, N failed`.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT_IN_SECONDS = 1_800
# Millions of simulated calls each, on one thread; the soak and the fuzzers make more of them.
SKIPPED = ["KernelTracesTests", "RecordingFuzzTests", ".*RandomTests"]
TARGETS = {
    "address": ["MicroHTTPDTests", "MemoryAPITests", "SessionJournalTests", "CallImportTests", "FuzzTests", "KernelMemoryTests"],
    "thread": ["MicroHTTPDTests", "SessionJournalTests", "ConcurrencyTests", "SocketTests", "EventSocketTests", "EventTests", "DurableSessionTests", "LimitTests", "BatchStreamTests", "LongRequestTests"],
}
# What is linked with a program that a sanitizer looks at, so that it sees all of it.
LINKED = {"address": ["allocator.c"], "thread": ["allocator.c", "mutex.c"]}
# What planted.swift does, and whether the sanitizer must report it.
PLANTED = {
    "address": {"nothing": False, "overrun": True},
    "thread": {"nothing": False, "mutex": False, "race": True},
}
# Optimized, since a debug build calls what Swift's library has compiled of `initialize(to:)` or of an array's methods:
# no sanitizer looks there.
OPTIMIZED = ["-c", "release", "--build-tests", "--disable-xctest", "-Xswiftc", "-enable-testing", "-Xswiftc", "-use-ld=lld"]
OPTIONS = {
    # Swift's own report of a crash would take minutes, and hide the sanitizer's.
    "SWIFT_BACKTRACE": "enable=no",
    # Swift's runtime keeps what it has built until the end, and LeakSanitizer takes that for leaks.
    "ASAN_OPTIONS": "detect_leaks=0",
    "TSAN_OPTIONS": f"halt_on_error=0:exitcode=66:suppressions='{HERE / 'thread.supp'}'",
}


class Sanitizer:
    """One sanitizer, and the folder of what is built for it."""

    def __init__(self, name):
        self.name = name
        self.scratch = ROOT / ".build" / f"sanitize-{name}"
        self.scratch.mkdir(parents=True, exist_ok=True)
        # From the processes that the tests start, too, of which nobody may read what they print.
        self.reports = self.scratch / "reports"
        self.objects = {source: str(self.scratch / source) + ".o" for source in LINKED[name]}

    def check(self):
        """Returns whether it finds what is planted, and nothing in the tests."""
        return all(step() for step in (self.prepare, self.prove, self.build, self.test))

    def run(self, *command):
        shutil.rmtree(self.reports, ignore_errors=True)
        self.reports.mkdir()
        print(f"$ {' '.join(command)}", flush=True)
        log = f":log_path='{self.reports / 'report'}'"
        options = {key: value + log if key.endswith("_OPTIONS") else value for key, value in OPTIONS.items()}
        return subprocess.run(["timeout", "--kill-after=10", str(LIMIT_IN_SECONDS), *command], cwd=ROOT, env=os.environ | options, stdin=subprocess.DEVNULL).returncode

    def prepare(self):
        """Compiles what is linked with the tests."""
        return all(self.run("clang", "-O1", "-Wall", "-Werror", "-c", str(HERE / source), "-o", target) == 0 for source, target in self.objects.items())

    def prove(self):
        """Returns whether it reports what is planted, and only that."""
        program = str(self.scratch / "planted")
        flags = ["-O", "-g", "-parse-as-library", "-use-ld=lld", f"-sanitize={self.name}"]
        if self.run("swiftc", *flags, str(HERE / "planted.swift"), *self.objects.values(), "-o", program) != 0:
            return False
        return all([self.judges(program, name, is_error) for name, is_error in PLANTED[self.name].items()])

    def judges(self, program, name, is_error):
        """Returns whether it reports what is planted if that is an error, and only then."""
        status = self.run(program, name)
        is_reported = any(self.reports.iterdir())
        print(f"{self.name}: {name} is {'' if is_reported else 'not '}reported", flush=True)
        return is_reported == is_error and (status != 0) == is_error

    def build(self):
        objects = [word for path in self.objects.values() for word in ("-Xlinker", path)]
        return self.run("swift", "build", *OPTIMIZED, *self.place, *objects) == 0

    def test(self):
        begin = time.monotonic()
        filters = [word for name in TARGETS[self.name] for word in ("--filter", name)]
        skips = [word for name in SKIPPED for word in ("--skip", name)]
        status = self.run("swift", "test", "-c", "release", "--disable-xctest", "--skip-build", *self.place, *filters, *skips)
        reports = sorted(self.reports.iterdir())
        for report in reports:
            print(report.read_text(errors="replace"))
        print(f"{self.name}: {time.monotonic() - begin:.0f} s, ended with {status}, reports of {len(reports)} processes", flush=True)
        return status == 0 and not reports

    @property
    def place(self):
        return ["--scratch-path", str(self.scratch.relative_to(ROOT)), f"--sanitize={self.name}"]


def main():
    names = sys.argv[1:] or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        raise SystemExit(f"no sanitizer {unknown.pop()}; there are: {', '.join(TARGETS)}")
    passed = sum([Sanitizer(name).check() for name in names])
    print(f"{passed} passed, {len(names) - passed} failed")
    return int(passed < len(names))


if __name__ == "__main__":
    sys.exit(main())
