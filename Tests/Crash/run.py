"""Kills servers under load, and looks whether anything that they answered is lost or invented.

    python3 Tests/Crash/run.py --server .build/release/kmemlab                    # 200 times, then with power durability
    python3 Tests/Crash/run.py --server ... --durability process --rounds 20 --seed 7

Some clients load a server, each with sessions of its own: pages, objects, areas, writes, batches, undo,
redo, forks, new sessions and ended ones. At random moments, also while it starts, the server is killed, and
another one starts on the same directory. A reader of its own plays what the clients wrote down on a server
without a journal, and compares: where each session stands, by the hash of its state, and every answer; now
and then whole snapshots and journals. A request in flight may be there, as a whole, or not. The last
request that was answered under an Idempotency-Key is sent again, and has to get the same answer.

With power durability the power is also cut at random moments: a server starts on what a disk would have,
which is all that was synced and any part of what was not, and must have what had been answered by then.

The last line is `N passed, N failed`; on failure the directory is kept, and --again compares it once more.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import checks
from crash import CrashTest
from reader import Reader
from servers import Server


def main():
    """Runs what was asked for; returns 1 on failure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--rounds", type=int, default=200, help="how often a server is ended")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--durability", choices=["process", "power"], help="only this one")
    parser.add_argument("--again", type=Path, metavar="FOLDER", help="compare a kept folder once more, and end")
    options = parser.parse_args()
    binary = str(Path(options.server).resolve())
    if options.again:
        return again(binary, options.again)
    failed = [not succeeds("the checker finds what it must", checks.run, binary)]
    if options.durability != "process":
        failed.append(not succeeds("the cuts of the power lose what they must", checks.run_cuts, binary))
    for durability in [options.durability] if options.durability else ["process", "power"]:
        failed.append(not succeeds(f"{durability} durability", crash, binary, durability, options))
    print(f"{failed.count(False)} passed, {failed.count(True)} failed")
    return int(any(failed))


def succeeds(name, function, *arguments):
    """Runs one part; what it raises is shown."""
    begin = time.monotonic()
    try:
        function(*arguments)
    except Exception as error:
        print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"ok   {name} ({time.monotonic() - begin:.0f} s)", flush=True)
    return True


def crash(binary, durability, options):
    """One crash test of many rounds."""
    folder = Path(tempfile.mkdtemp(prefix=f"kmemlab-crash-{durability}-"))
    print(f"     {durability}: seed {options.seed}, {options.rounds} rounds", flush=True)
    test = CrashTest(binary, folder, options.seed, durability)
    try:
        for number in range(1, options.rounds + 1):
            test.round()
            if number % 25 == 0:
                print(f"     {number} rounds, {test.reader.calls:,} answers compared", flush=True)
        test.finish()
    except BaseException:
        print(f"     round {test.counts['rounds']}, seed {options.seed}; kept: {folder}", flush=True)
        raise
    finally:
        test.close()
    counts = ", ".join(f"{count} {what}" for what, count in test.counts.items() if count)
    print(f"     {counts}; {test.reader.calls:,} answers compared", flush=True)
    shutil.rmtree(folder)


def again(binary, folder):
    """Compares what is in a folder with its logs."""
    reader = Reader(binary, folder / "logs")
    with Server(binary, "--data", str(folder / "data")) as server:
        server.wait()
        found = reader.check(server.port, whole=True)
    print(f"no difference; in flight: {found}")
    reader.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
