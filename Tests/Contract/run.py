"""Holds the server to its OpenAPI file, and the file to the server, with requests that nobody has thought of.

    .venv/bin/python Tests/Contract/run.py --server .build/release/kmemlab                  # as `make test` does
    .venv/bin/python Tests/Contract/run.py --server .build/release/kmemlab --cases 20000 --examples 40    # `make contract-test`

Schemathesis makes requests out of the file, right ones and wrong ones, single ones and series along the links, and checks
every answer. A client that is generated out of the file then goes through a session.

The last line is `N passed, N failed`: each operation counts as one, and so do the series, the requests without a token, and
the client.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as xml
from pathlib import Path

import client

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Server"))
from support import Server  # noqa: E402

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
LIMITS = ["--max-sessions", "1000000", "--max-sessions-per-address", "1000000", "--connection-idle", "120"]
GENERATED = re.compile(r"(\d+) generated")


class Run:
    """One run of Schemathesis: its number of requests, its operations and series, and which of them failed."""

    def __init__(self, server, folder, seed, *options, token=True):
        self.name = f"seed {seed}" + ("" if token else ", no token")
        output, report = folder / "output.txt", folder / "report.xml"
        command = [
            str(SCHEMATHESIS), "--config-file", str(HERE / "schemathesis.toml"), "run", f"http://127.0.0.1:{server.port}/openapi.json", "--no-color", "--seed", str(seed),
            "--report", "junit", "--report-junit-path", str(report), *options,
        ]  # fmt: skip
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "KMEMLAB_TOKEN": "yes" if token else "no"}
        begin = time.monotonic()
        with output.open("w") as file:
            status = subprocess.run(command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode
        self.seconds = time.monotonic() - begin
        self.output = output.read_text()
        generated = GENERATED.search(self.output)
        self.requests = int(generated[1]) if generated else 0
        cases = list(xml.parse(report).iter("testcase")) if report.exists() else []
        self.passed = {case.get("name") for case in cases}
        self.failed = {case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None}
        self.passed -= self.failed
        if status != 0 and not self.failed or not cases:
            self.failed.add(f"Schemathesis ended with {status}")

    def show(self):
        """Prints what came out, and of failures everything."""
        print(f"{self.name}: {self.requests} requests in {self.seconds:.0f} s, {len(self.failed)} of {len(self.passed | self.failed)} failed", flush=True)
        if self.failed:
            print(self.output, flush=True)


def runs(server, folder, options):
    """Runs until there are enough requests, each with another seed; the first is without a token."""
    examples = ["--max-examples", str(options.examples)]
    yield Run(server, folder, options.seed, *examples, "--phases", "examples,fuzzing", token=False)
    requests, seed = 0, options.seed
    while True:
        budget = ["--max-time", str(options.seconds)] if options.seconds else []
        run = Run(server, folder, seed, *examples, *budget)
        yield run
        requests, seed = requests + run.requests, seed + 1
        if requests >= options.cases or run.failed:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the kmemlab binary")
    parser.add_argument("--cases", type=int, default=1, help="go on with other seeds until there were as many requests")
    parser.add_argument("--examples", type=int, default=3, help="random requests of each kind to each operation")
    parser.add_argument("--seconds", type=int, default=0, help="time for one seed")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    options = parser.parse_args()
    passed, failed, requests = set(), set(), 0
    with tempfile.TemporaryDirectory(prefix="kmemlab-contract-") as folder, Server(str(Path(options.server).resolve()), *LIMITS) as server:
        for run in runs(server, Path(folder), options):
            run.show()
            requests += run.requests
            suffix = "" if "no token" not in run.name else " without a token"
            passed |= {name + suffix for name in run.passed}
            failed |= {name + suffix for name in run.failed}
        try:
            client.goes_through_a_session(server, Path(folder))
            passed.add("generated client")
        except Exception:
            traceback.print_exc()
            failed.add("generated client")
    print(f"{requests} requests")
    print(f"{len(passed - failed)} passed, {len(failed)} failed")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
