"""What a new session costs."""

import time
from dataclasses import dataclass

from .client import Connection, Request
from .servers import product

COUNT = 10_000
BATCH = 500


@dataclass
class SessionCost:
    """One session of many."""

    bytes: float
    # As one client waits, by batch.
    microseconds: list[float]
    cpu_microseconds: float


def measure() -> SessionCost:
    """Boots sessions one by one."""
    with product() as server:
        connection = Connection(server.port)
        _boot(connection, 100)
        memory, cpu = server.resident_bytes, server.cpu_microseconds
        waits = [_boot(connection, BATCH) for _ in range(COUNT // BATCH)]
        return SessionCost(
            bytes=(server.resident_bytes - memory) / COUNT, microseconds=waits,
            cpu_microseconds=(server.cpu_microseconds - cpu) / COUNT)


def _boot(connection: Connection, count: int) -> float:
    """Boots some sessions; microseconds for one."""
    start = time.perf_counter()
    for _ in range(count):
        connection.ask(Request("POST", "/sessions"))
    return (time.perf_counter() - start) * 1e6 / count
