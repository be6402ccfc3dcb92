"""Requests a second and processor time under load, the two servers in turn."""

import re
import statistics
import subprocess
from dataclasses import dataclass, field

from .cases import DELETE, POST, ZONES, Case
from .client import Connection, Request
from .servers import HERE, Server, bare, new_session, product

CONNECTIONS = 32
SECONDS = 2
ROUNDS = 5


@dataclass
class Load:
    """The rounds of one server and one case."""

    per_second: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass
class Pair:
    """The rounds of both servers; a round of one stands beside the same round of the other."""

    product: Load = field(default_factory=Load)
    bare: Load = field(default_factory=Load)

    @property
    def cpu_ratio(self) -> float:
        """The median round's processor time, in times of the C server's."""
        return statistics.median(a / b for a, b in zip(self.product.cpu, self.bare.cpu))

    @property
    def speed_ratio(self) -> float:
        """The median round's requests a second, in times of the C server's."""
        pairs = zip(self.product.per_second, self.bare.per_second)
        return statistics.median(a / b for a, b in pairs)


def measure() -> dict[Case, Pair]:
    """Loads both servers in turn, all cases, some rounds."""
    pairs = {case: Pair() for case in (POST, DELETE, ZONES)}
    with product() as real, bare(POST.folder) as ceiling:
        connection = Connection(real.port)
        # Large enough that no round empties it.
        token = new_session(connection, machine="x86_64", memory="16GiB")
        for _ in range(ROUNDS):
            first = _step(connection, token) + 1
            for case, pair in pairs.items():
                # What a round of POST allocated, the next of DELETE does not free to the end.
                seconds = SECONDS / 2 if case is DELETE else SECONDS
                run(real, case, token, first, seconds, pair.product)
                run(ceiling, case, token, first, seconds, pair.bare)
    return pairs


def _step(connection: Connection, token: str) -> int:
    return connection.ask(Request("GET", "/zones", token)).json["step"]


def run(server: Server, case: Case, token: str, first: int, seconds: float, load: Load):
    """One round of a case; what it took is added to `load`."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{int(seconds)}s", "-s", str(HERE / "wrk.lua")]
    command += [f"http://127.0.0.1:{server.port}", "--"]
    command += [case.method, case.path, token, str(first), case.body]
    before = server.cpu_microseconds
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = server.cpu_microseconds - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"{case.title}: not every answer was a success\n{text}")
    count = int(re.search(r"(\d+) requests in", text).group(1))
    load.per_second.append(float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)))
    load.cpu.append(used / count)
