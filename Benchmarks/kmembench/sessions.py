"""What a new session costs."""

import time
from dataclasses import dataclass

from .client import Connection, Request
from .servers import product

COUNT = 10_000


@dataclass
class SessionCost:
    """One session of many."""

    bytes: float
    microseconds: float
    cpu_microseconds: float


def measure() -> SessionCost:
    """Boots sessions one by one; the time is what a client waits."""
    with product() as server:
        connection = Connection(server.port)
        request = Request("POST", "/sessions")
        for _ in range(100):
            connection.ask(request)
        memory, cpu, start = server.resident_bytes, server.cpu_microseconds, time.perf_counter()
        for _ in range(COUNT):
            connection.ask(request)
        return SessionCost(
            bytes=(server.resident_bytes - memory) / COUNT,
            microseconds=(time.perf_counter() - start) * 1e6 / COUNT,
            cpu_microseconds=(server.cpu_microseconds - cpu) / COUNT)
