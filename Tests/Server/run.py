"""Checks the server as a process: from outside, over real sockets, by signals.

    python3 Tests/Server/run.py --server .build/release/kmemlab
    python3 Tests/Server/run.py --server .build/release/kmemlab --only hostile     # checks by name

The last line is `N passed, N failed`; 1 is returned on failure.
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

import checks_grading, checks_hostile, checks_journal, checks_operations, checks_paging, checks_process, checks_requests, checks_tools  # noqa: E401,F401 (they register)
from support import CHECKS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--only", default="", help="run the checks whose name contains this")
    options = parser.parse_args()
    binary = str(Path(options.server).resolve())
    passed = failed = 0
    for check in CHECKS:
        if options.only not in check.__name__:
            continue
        begin = time.monotonic()
        try:
            check(binary)
            passed += 1
            print(f"ok   {check.__name__} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {check.__name__}\n{traceback.format_exc(limit=-3)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
