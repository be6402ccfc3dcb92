"""Runs the fuzzers, one after the other, and says how many inputs each has taken.

    python3 Tests/Fuzz/run.py --fuzzer .build/fuzz/release/fuzz --seconds 60 [NAME...]

An input that was found is left in `.build/fuzz/findings`; `--keep` adds what reached new code to the corpus in
the repository, as little as covers the same. The last line is `N passed, N failed`.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build/fuzz"
NAMES = ["json", "lines", "imports", "gfp", "router", "requests", "recording", "trace", "journal", "scenario", "kernel"]
LONGEST = {"kernel": 1_024, "trace": 65_536, "recording": 65_536}
# A corpus stays this small in the repository.
KEPT_BYTES = 24_576
UNITS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
COVERED = re.compile(r"cov: (\d+) ft: (\d+)")


def environment(name):
    return os.environ | {
        "FUZZ_TARGET": name,
        # Swift's own report of a crash would take minutes.
        "SWIFT_BACKTRACE": "enable=no",
        "ASAN_OPTIONS": "detect_leaks=0:symbolize=0:abort_on_error=0:allocator_may_return_null=1",
    }


def command(fuzzer, name, *options):
    dictionary = HERE / f"Dictionaries/{name}.dict"
    words = [f"-dict={dictionary}"] if dictionary.exists() else []
    return [str(fuzzer), *words, f"-max_len={LONGEST.get(name, 4_096)}", "-timeout=20", "-rss_limit_mb=3000", *options]


def fuzz(fuzzer, name, seconds):
    """Runs one fuzzer; returns whether nothing was found."""
    corpus, findings = WORK / "corpus" / name, WORK / "findings" / name
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    log = WORK / f"{name}.log"
    options = [f"-max_total_time={seconds}", "-print_final_stats=1", f"-artifact_prefix={findings}/", str(corpus), str(HERE / "Corpora" / name)]
    with log.open("w") as output:
        status = subprocess.run(
            command(fuzzer, name, *options), env=environment(name), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=seconds * 2 + 300).returncode
    text = log.read_text(errors="replace")
    units = UNITS.search(text)
    covered = COVERED.findall(text)[-1:] or [("0", "0")]
    print(f"{name:10} {int(units[1]) if units else 0:>10,} inputs, {covered[0][0]} edges, {covered[0][1]} features: {'nothing found' if status == 0 else f'FOUND, see {log}'}", flush=True)
    return status == 0


def keep(fuzzer, name):
    """Makes the corpus in the repository one that covers the same with fewer and smaller inputs."""
    merged, corpus = WORK / "merged" / name, HERE / "Corpora" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    subprocess.run(
        command(fuzzer, name, "-merge=1", str(merged), str(corpus), str(WORK / "corpus" / name)),
        env=environment(name), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=900)
    size = sum(path.stat().st_size for path in corpus.iterdir())
    known = {path.read_bytes() for path in corpus.iterdir()}
    for path in sorted(merged.iterdir(), key=lambda path: -path.stat().st_size):
        added = path.stat().st_size
        if path.read_bytes() in known or added > 2_048 or size + added > KEPT_BYTES or len(known) >= 24:
            continue
        shutil.copy(path, corpus / path.name[:12])
        size, known = size + added, known | {path.read_bytes()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzzer", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", action="store_true", help="add to the corpora of the repository")
    parser.add_argument("names", nargs="*", help=f"targets: {', '.join(NAMES)}; all if none is given")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no target {unknown.pop()}; there are: {', '.join(NAMES)}")
    names = arguments.names or NAMES
    passed = 0
    for name in names:
        passed += fuzz(arguments.fuzzer, name, arguments.seconds)
        if arguments.keep:
            keep(arguments.fuzzer, name)
    print(f"{passed} passed, {len(names) - passed} failed")
    return int(passed < len(names))


if __name__ == "__main__":
    sys.exit(main())
