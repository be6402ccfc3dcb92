"""What it costs that sessions outlive the process: a change, a restart, a session that comes back, a look
at an earlier step."""

import itertools
import json
import random
import signal
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import load
from .cases import POST
from .client import Connection, Request
from .servers import WORK, Server, new_session, product

# Sessions that take turns, so that their records lie apart.
TURNS = 500

SESSIONS = 100_000
ASKED = 200
RESIDENT = 2_000
AHEAD = 250
LIMIT_MIB = 256

STEPS = 100_000
BATCH = 1_000

# What stored sessions have done, in turn.
KINDS = {
    "pages": [f"alloc_pages(GFP_KERNEL, {order})" for order in (0, 1, 0, 2, 0) * 4],
    "pages and objects": (
        [f"alloc_pages(GFP_KERNEL, {order})" for order in (0, 1, 0, 2, 0, 3)] * 2
        + [f"kmalloc({size}, GFP_KERNEL)" for size in (64, 100, 640, 24, 4_000, 192, 64, 512)]),
    "pages, objects, areas": (
        [f"alloc_pages(GFP_KERNEL, {order})" for order in (0, 1, 0, 2, 0, 3)]
        + [f"kmalloc({size}, GFP_KERNEL)" for size in (64, 100, 640, 24, 4_000, 192, 64, 512)]
        + ["vmalloc(20000)", "get_zeroed_page(GFP_KERNEL)"] * 3),
}


@contextmanager
def store(durability: str = "process"):
    """Options for a server with a directory that is new."""
    with tempfile.TemporaryDirectory(prefix="journal-", dir=WORK) as folder:
        yield ["--data", f"{folder}/data", "--durability", durability]


# MARK: A change.


def changes() -> dict[str, load.Pair]:
    """POST /pages with a journal beside the same without one, in turn; of one session and of many."""
    pairs = {"one session": load.Pair(), f"{TURNS} sessions in turns": load.Pair()}
    with store() as options, product(options=options) as durable, product() as forgetful:
        tokens = [_tokens(server) for server in (durable, forgetful)]
        for _ in range(load.ROUNDS):
            for (title, pair), count in zip(pairs.items(), (1, TURNS)):
                for server, names, measured in zip(
                        (durable, forgetful), tokens, (pair.product, pair.bare)):
                    load.run(server, POST, ",".join(names[:count]), 0, load.SECONDS, measured)
    return pairs


def _tokens(server: Server) -> list[str]:
    connection = Connection(server.port)
    # So large that no round fills it.
    machine = {"machine": "x86_64", "memory": "16GiB"}
    return [new_session(connection, **machine) for _ in range(TURNS)]


# MARK: Sessions that come back.


@dataclass
class Return:
    """What it takes that sessions come back."""

    file_bytes: int = 0
    # Seconds until the first answer about a session: after SIGTERM, after kill -9.
    starts: dict[str, float] = field(default_factory=dict)
    # Milliseconds of the first request of a session, and the processor's, median.
    waits: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    awake_bytes: dict[str, float] = field(default_factory=dict)
    resident_bytes: dict[str, float] = field(default_factory=dict)
    limited_peak: int = 0
    limited_per_second: float = 0


def returns() -> Return:
    """Stores many sessions, and asks for them in servers that start on them."""
    result = Return()
    with store() as options:
        server = product(options=options)
        tokens = _fill(server)
        draw = random.Random(7)
        for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGKILL, "kill -9")):
            server.stop(number)
            begin = time.perf_counter()
            server = product(options=options)
            connection = Connection(server.port)
            connection.ask(Request("GET", "/zones", draw.choice(tokens)))
            result.starts[name] = time.perf_counter() - begin
        for token in draw.sample(tokens, ASKED):
            wait, cpu = _ask(server, connection, Request("GET", "/zones", token))
            result.waits.append(wait)
            result.cpu.append(cpu)
        server.stop()
        for index, name in enumerate(KINDS):
            own = tokens[index::len(KINDS)]
            server = product(options=[*options, "--memory-limit", "100000"])
            before = _at_rest(server, own[:AHEAD])
            awake = _ask_all(server, own[AHEAD:AHEAD + RESIDENT])
            after = _at_rest(server, own[:AHEAD + RESIDENT])
            result.awake_bytes[name] = (awake - before) / RESIDENT
            result.resident_bytes[name] = (after - before) / RESIDENT
            server.stop()
        server = product(options=[*options, "--memory-limit", str(LIMIT_MIB)])
        begin = time.perf_counter()
        result.limited_peak = _ask_all(server, tokens)
        result.limited_per_second = SESSIONS / (time.perf_counter() - begin)
        server.stop()
    return result


def _fill(server: Server) -> list[str]:
    """Boots the sessions and lets each make its calls."""
    connection = Connection(server.port)
    bodies = itertools.cycle(
        json.dumps([{"call": call} for call in calls]) for calls in KINDS.values())
    tokens = []
    for _ in range(SESSIONS // AHEAD):
        boots = connection.ask_all([Request("POST", "/sessions", body='{"machine":"classroom"}')] * AHEAD)
        new = [answer.json["token"] for answer in boots]
        connection.ask_all(
            [Request("POST", "/calls", token, next(bodies)) for token in new])
        tokens += new
    return tokens


def _at_rest(server: Server, tokens: list[str]) -> int:
    """Memory of the server once sessions have been looked at, and left alone until they gave up their machines."""
    _ask_all(server, tokens)
    connection = Connection(server.port)
    # The server looks at 256 each second, when there is a request, and returns memory every five seconds.
    for _ in range(len(tokens) // 256 + 8):
        time.sleep(1)
        connection.ask(Request("GET", "/zones", tokens[0]))
    return server.anonymous_bytes


def _ask_all(server: Server, tokens: list[str]) -> int:
    """Looks at sessions; returns the most memory that the server had meanwhile, and at last."""
    connection = Connection(server.port)
    peak = 0
    for start in range(0, len(tokens), AHEAD):
        connection.ask_all([Request("GET", "/zones", token) for token in tokens[start:start + AHEAD]])
        peak = max(peak, server.anonymous_bytes)
    return peak


def _ask(server: Server, connection: Connection, request: Request) -> tuple[float, float]:
    """Milliseconds of one request, as the client waits and of the processor."""
    cpu = server.cpu_nanoseconds
    begin = time.perf_counter()
    connection.ask(request)
    wait = (time.perf_counter() - begin) * 1e3
    return wait, (server.cpu_nanoseconds - cpu) / 1e6


# MARK: Earlier steps.


@dataclass
class Travel:
    """Looks at random steps of a long session: milliseconds, of the processor and as a client waits."""

    waits: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    return_seconds: float = 0


def travel() -> Travel:
    """Makes a long session of calls of every kind, and looks back; then lets it come back from its journal."""
    result = Travel()
    draw = random.Random(7)
    with store() as options:
        server = product(options=options)
        connection = Connection(server.port)
        token = new_session(connection)
        calls = MixedCalls()
        for _ in range(STEPS // BATCH):
            body = json.dumps([{"call": call} for call in calls.batch(BATCH)])
            calls.learn(connection.ask(Request("POST", "/calls", token, body)).json)
        for _ in range(ASKED):
            step = draw.randint(0, STEPS)
            wait, cpu = _ask(server, connection, Request("GET", f"/zones?step={step}", token))
            result.waits.append(wait)
            result.cpu.append(cpu)
        server.stop()
        server = product(options=options)
        begin = time.perf_counter()
        Connection(server.port).ask(Request("GET", "/zones", token))
        result.return_seconds = time.perf_counter() - begin
        server.stop()
    return result


class MixedCalls:
    """Calls of every kind that break no rule, and free about as much as they allocate."""

    def __init__(self):
        self._draw = random.Random(7)
        # What frees or uses what was allocated.
        self._frees = []
        self._bytes = []

    def batch(self, count: int) -> list[str]:
        """Calls to make."""
        return [self._call() for _ in range(count)]

    def learn(self, answers: list[dict]):
        """Takes note of what calls returned."""
        for answer in answers:
            name, _, rest = answer["call"].partition("(")
            place = answer["returned"]
            match name:
                case "alloc_pages": self._frees.append(f"__free_pages({place}, {rest[:-1].split(', ')[1]})")
                case "vmalloc": self._frees.append(f"vfree({place})")
                case "get_zeroed_page": self._frees.append(f"free_page({place})")
                case "kmalloc" | "kzalloc":
                    self._frees.append(f"kfree({place})")
                    self._bytes = self._bytes[-100:] + [place]

    def _call(self) -> str:
        draw = self._draw
        if self._frees and draw.random() < 0.45:
            index = draw.randrange(len(self._frees))
            self._frees[index], self._frees[-1] = self._frees[-1], self._frees[index]
            free = self._frees.pop()
            self._bytes = [place for place in self._bytes if place not in free]
            return free
        match draw.choices(range(6), [30, 20, 5, 5, 4, 6])[0]:
            case 0: return f"alloc_pages(GFP_KERNEL, {draw.choice([0, 0, 0, 1, 2])})"
            case 1: return f"kmalloc({draw.choice([16, 64, 200, 700, 2_000])}, GFP_KERNEL)"
            case 2: return f"kzalloc({draw.choice([16, 64, 200, 700, 2_000])}, GFP_KERNEL)"
            case 3: return "get_zeroed_page(GFP_KERNEL)"
            case 4: return f"vmalloc({draw.choice([4_096, 10_000, 30_000])})"
        return f"memset({draw.choice(self._bytes)}, 7, 16)" if self._bytes else "preempt_disable()"


def summary(values: list[float]) -> str:
    """Median, 95 of 100, and the worst."""
    ordered = sorted(values)
    return (f"{statistics.median(ordered):.2f} / {ordered[len(ordered) * 95 // 100]:.2f} / {ordered[-1]:.2f} ms")
