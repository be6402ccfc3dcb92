"""Puts a server under load: many clients that keep the rules, some that break them all, and then many sessions.

    python3 Tests/Load/run.py --server .build/release/kmemlab --minutes 5

First the clients that keep the rules are alone, then the abusive ones join. There must be no error for the others, their
99th percentile must stay within 5 times what it was without the abusers, and memory must be flat. Then 64 clients hammer
their own sessions beside 100,000 open ones (`--isolation` does that alone). The last line is `N passed, N failed`.
"""

import argparse
import asyncio
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Server"))

import good  # noqa: E402
import isolation  # noqa: E402
from support import Server  # noqa: E402

GOOD, ABUSIVE = 900, 100
FACTOR = 5
# Below this a percentile is the noise of the machine.
LEAST_P99 = 0.004
GROWTH_KIB = 24_576


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def shown(latencies):
    p50, p99, p999 = (percentile(latencies, share) * 1000 for share in (0.5, 0.99, 0.999))
    return f"{len(latencies):,} requests, p50 {p50:.2f} ms, p99 {p99:.2f} ms, p99.9 {p999:.2f} ms"


class Memory(threading.Thread):
    """Looks at the server's resident memory once a second."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.samples, self.ended = server, [], threading.Event()

    def run(self):
        while not self.ended.wait(1):
            self.samples.append(self.server.resident_kib)

    def growth(self):
        """KiB between the middle and the end of the time, each the least of a sixth of it."""
        count = max(1, len(self.samples) // 6)
        middle = len(self.samples) // 2
        return min(self.samples[-count:]) - min(self.samples[middle:middle + count]) if self.samples else 0


def load(binary, minutes, rate):
    """Returns what held, by name."""
    seconds = minutes * 60
    calm = max(10, seconds / 4)
    with Server(binary, "--threads", "2", "--client-patience", "10", "--connection-idle", "30") as server:
        async def alone():
            return await good.run(server.port, GOOD, rate, time.monotonic() + calm)

        loop = asyncio.new_event_loop()
        clients = loop.run_until_complete(alone())
        # Not the first second, in which the sessions' machines come to be.
        begin = min(sent for client in clients for sent, _ in client.latencies)
        before = [taken for client in clients for sent, taken in client.latencies if sent > begin + 1]
        print(f"alone:        {shown(before)}", flush=True)
        for client in clients:
            client.latencies = []
        abusers = subprocess.Popen([sys.executable, str(HERE / "abusers.py"), str(server.port), str(ABUSIVE), str(seconds - calm)])
        memory = Memory(server)
        memory.start()
        try:
            loop.run_until_complete(good.run(server.port, GOOD, rate, time.monotonic() + seconds - calm, clients))
            status = abusers.wait(60)
        finally:
            abusers.kill()
            memory.ended.set()
        after = [taken for client in clients for _, taken in client.latencies]
        errors = [error for client in clients for error in client.errors]
        print(f"with abusers: {shown(after)}, {len(errors)} errors {errors[:3]}")
        limit = FACTOR * max(LEAST_P99, percentile(before, 0.99))
        growth = memory.growth()
        print(f"memory: {memory.samples[-1] >> 10} MiB at the end, {growth:+} KiB in its second half")
        return {
            "no error for the others": not errors,
            "no 5xx for the abusers": status == 0,
            f"p99 within {limit * 1000:.1f} ms": percentile(after, 0.99) <= limit,
            "memory is flat": growth < GROWTH_KIB,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--rate", type=int, default=600, help="requests a second of those that keep the rules")
    parser.add_argument("--sessions", type=int, default=100_000, help="open beside those of the isolation check")
    parser.add_argument("--isolation", action="store_true", help="only that check")
    arguments = parser.parse_args()
    binary = str(Path(arguments.server).resolve())
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    held = {} if arguments.isolation else load(binary, arguments.minutes, arguments.rate)
    name = f"every session as if alone, beside {arguments.sessions:,}"
    held[name] = isolation.check(lambda *options: Server(binary, *options), arguments.sessions, 300)
    for name, holds in held.items():
        print(f"{'ok  ' if holds else 'FAIL'} {name}")
    passed = sum(held.values())
    print(f"{passed} passed, {len(held) - passed} failed")
    return int(passed < len(held))


if __name__ == "__main__":
    sys.exit(main())
