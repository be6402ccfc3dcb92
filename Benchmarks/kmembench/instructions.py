"""User-space instructions of one request, the product beside bare libmicrohttpd."""

from collections import Counter
from dataclasses import dataclass

from . import callgrind, cases
from .cases import DELETE, POST, WARM, Case
from .client import Connection
from .servers import WORK, bare, new_session, product

COUNT = 5_000
# As long as a real one, since reading a header costs by its length.
ANY_TOKEN = "kml_" + 48 * "0"


@dataclass
class Instructions:
    """What one request costs each server, by function."""

    product: Counter
    bare: Counter

    @property
    def totals(self) -> tuple[float, float]:
        """Without the clearing of memory."""
        return (
            callgrind.without_clearing(self.product), callgrind.without_clearing(self.bare))

    @property
    def ratio(self) -> float:
        """How many times the C server's instructions the product takes."""
        return self.totals[0] / self.totals[1]


def measure() -> dict[Case, Instructions]:
    """Counts every case."""
    return {case: Instructions(_of_product(case), _of_bare(case)) for case in cases.ALL}


def _of_product(case: Case) -> Counter:
    # In both runs there are as many pages as one of them frees.
    prepared = COUNT if case is DELETE else 0
    runs = []
    for count in (0, COUNT):
        with product(callgrind.command(_output())) as server:
            connection = Connection(server.port)
            token = new_session(connection)
            _ask(connection, token, POST, WARM + prepared)
            _ask(connection, token, case, count)
        runs.append(callgrind.costs(_output()))
    return callgrind.difference(runs[1], runs[0], COUNT)


def _of_bare(case: Case) -> Counter:
    runs = []
    for count in (0, COUNT):
        with bare(case.folder, callgrind.command(_output())) as server:
            _ask(Connection(server.port), ANY_TOKEN, case, WARM + count)
        runs.append(callgrind.costs(_output()))
    return callgrind.difference(runs[1], runs[0], COUNT)


def _ask(connection: Connection, token: str, case: Case, count: int):
    for number in range(1, count + 1):
        connection.ask(case.request(token, number))


def _output():
    return WORK / "callgrind.out"
