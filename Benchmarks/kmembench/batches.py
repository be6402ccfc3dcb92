"""A million calls in one POST /calls, JSON both ways, with the server on one core."""

import os
import socket
import time
from dataclasses import dataclass

from .client import Connection
from .servers import Server, new_session, product

CALLS = 1_000_000
ROUNDS = 3
NAMES = 500


@dataclass
class BatchCost:
    """One batch of many calls."""

    title: str
    # Of the quietest round.
    cpu_per_second: float
    wall_per_second: float
    answer_bytes: int
    resident_bytes: int


OBJECTS = (
    '{"call":"alloc_pages","gfp":"GFP_KERNEL","order":0,"as":"p%d"}\n'
    '{"call":"__free_pages","page":"$p%d","order":0}\n'
    '{"call":"kmalloc","size":64,"flags":"GFP_KERNEL","as":"k%d"}\n'
    '{"call":"kfree","addr":"$k%d"}\n')
TEXTS = (
    '{"call":"alloc_pages(GFP_KERNEL, 0)","as":"p%d"}\n'
    '{"call":"__free_pages($p%d, 0)"}\n'
    '{"call":"kmalloc(64, GFP_KERNEL)","as":"k%d"}\n'
    '{"call":"kfree($k%d)"}\n')


def measure() -> list[BatchCost]:
    """Pages and objects in turn, with arguments as members and as text."""
    return [_cost("arguments as members", OBJECTS), _cost("calls as text", TEXTS)]


def body(lines: str) -> bytes:
    """Lines of calls that free what the call before them returned."""
    block = "".join(lines % ((index,) * 4) for index in range(NAMES)).encode()
    return block * (CALLS // 4 // NAMES)


def _cost(title: str, lines: str) -> BatchCost:
    text = body(lines)
    best = None
    for _ in range(ROUNDS):
        with product(["taskset", "-c", "0"]) as server:
            cost = _round(title, server, text)
        if best is None or cost.cpu_per_second > best.cpu_per_second:
            best = cost
    return best


def _round(title: str, server: Server, text: bytes) -> BatchCost:
    token = new_session(Connection(server.port))
    cpu, start = server.cpu_microseconds, time.perf_counter()
    size, tail = post(server.port, token, text)
    wall, cpu = time.perf_counter() - start, server.cpu_microseconds - cpu
    assert b'"ran":%d,"failed":0' % CALLS in tail, tail
    return BatchCost(title, CALLS / cpu * 1e6, CALLS / wall, size, server.resident_bytes)


def post(port: int, token: str, text: bytes) -> tuple[int, bytes]:
    """Sends lines and reads the whole answer; its length and its end."""
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, os.sched_getaffinity(0) - {0})
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/x-ndjson\r\nAccept: application/x-ndjson\r\n"
            f"Connection: close\r\nContent-Length: {len(text)}\r\n\r\n".encode())
        connection.sendall(text)
        size, tail = 0, b""
        while part := connection.recv(1 << 18):
            size += len(part)
            tail = (tail + part)[-4_096:]
        return size, tail
