"""One crash test: load, the end of the server at some moment, its return, and so on."""

import random
import signal
import time
from pathlib import Path

import powercut
from clients import Client
from reader import Difference, Reader
from servers import Server, copy_store

CLIENTS = 6
# Seconds of load before a server is ended, at most.
LOAD = 0.5
# Seconds in which a server starts, or is killed while it does.
START = 0.06


class CrashTest:
    """Clients, the directory of the servers that they load, and the reader of their logs."""

    def __init__(self, binary, folder, seed, durability):
        self.binary, self.folder, self.durability = binary, folder, durability
        self.random = random.Random(seed)
        self.mistakes = []
        self.data = folder / "data"
        logs = folder / "logs"
        logs.mkdir(parents=True)
        self.clients = {f"c{number}": Client(f"c{number}", logs, seed, self.mistakes) for number in range(CLIENTS)}
        self.reader = Reader(binary, logs)
        # With power durability: what the disk has, and the log of what the current server writes.
        self.disk = powercut.Disk()
        self.library = powercut.library(folder) if durability == "power" else None
        self.writes = None
        self.cuts = 0
        self.counts = {"rounds": 0, "killed at the start": 0, "killed": 0, "terminated": 0, "cuts of the power": 0,
                       "in flight and there": 0, "in flight and not there": 0}

    def close(self):
        """Ends the reader."""
        self.reader.close()

    def serve(self, data=None):
        """Starts a server on the directory, sometimes with so little memory that sessions come and go."""
        limit = self.random.choice(["1", "1024"])
        environment = {}
        if self.library and not data:
            environment = {"LD_PRELOAD": str(self.library), "POWERCUT_LOG": self._next_log()}
        return Server(self.binary, "--data", str(data or self.data), "--durability", self.durability,
                      "--memory-limit", limit, environment=environment)

    def _next_log(self):
        """A new log of writes; the disk gets to know the rest of the last one."""
        if self.writes:
            self.disk.follow(self.writes)
            self.disk.reconcile(self.data / "data.mdb")
            self.writes.close()
        path = self.folder / "writes"
        path.unlink(missing_ok=True)
        path.touch()
        self.writes = path.open("rb")
        return str(path)

    def round(self):
        """Starts a server, compares it with the logs, loads it, and ends it."""
        self.counts["rounds"] += 1
        draw = self.random
        with self.serve() as server:
            if draw.random() < 0.15:
                server.wait(draw.uniform(0, START))
                self.counts["killed at the start"] += 1
                return server.end()
            server.wait()
            self._check(server, whole=draw.random() < 0.05)
            # What a killed server left behind and this one shows must be on the disk, too.
            cuts = [self._cut(server)] if self.durability == "power" and draw.random() < 0.3 else []
            threads = [client.start(server.port) for client in self.clients.values()]
            cuts += self._load(server)
            is_asked = draw.random() < 0.1
            self.counts["terminated" if is_asked else "killed"] += 1
            server.end(signal.SIGTERM if is_asked else signal.SIGKILL)
            for thread in threads:
                thread.join()
        if self.mistakes:
            raise Difference("\n".join(self.mistakes))
        for copy, lengths in cuts:
            self._check_cut(copy, lengths)

    def finish(self):
        """Compares all that there is to see."""
        with self.serve() as server:
            server.wait()
            self._check(server, whole=True)
            server.end(signal.SIGTERM)
        if (self.data / "open-since-boot").exists():
            raise Difference("a server that ended as it was asked to left its mark")

    def _check(self, server, whole):
        for name, is_there in self.reader.check(server.port, whole=whole).items():
            self.clients[name].settle(is_there)
            self.counts["in flight and there" if is_there else "in flight and not there"] += 1

    def _load(self, server):
        """Lets the clients work for a while; returns what the power's cuts have left."""
        seconds = self.random.uniform(0, LOAD)
        if self.durability == "process":
            time.sleep(seconds)
            return []
        cuts = []
        for _ in range(self.random.choice([0, 1, 2])):
            time.sleep(seconds / 3)
            cuts.append(self._cut(server))
        time.sleep(seconds / 3)
        return cuts

    def _cut(self, server):
        """Makes the directory as it is after a cut at this moment, and the lengths of the logs: what was
        answered by then."""
        self.cuts += 1
        copy = self.folder / f"cut-{self.cuts}"
        stop(server.process)
        # What was answered before reaches the clients meanwhile.
        time.sleep(0.02)
        if self.library:
            self.disk.follow(self.writes)
            copy.mkdir()
            (copy / "data.mdb").write_bytes(self.disk.cut(self.random))
        else:
            copy_store(self.data, copy)
        lengths = {name: log.path.stat().st_size for name, log in self.reader.logs.items()}
        server.process.send_signal(signal.SIGCONT)
        return copy, lengths

    def _check_cut(self, copy, lengths):
        """Compares a server that comes up after the power was cut."""
        self.counts["cuts of the power"] += 1
        with self.serve(copy) as server:
            server.wait()
            self.reader.check(server.port, lengths)
            server.end()
        for path in copy.iterdir():
            path.unlink()
        copy.rmdir()


def stop(process):
    """Stops a process. Its threads go on until one of them has seen the signal, which takes a while on a busy host."""
    process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        states = [path.read_text().rsplit(")", 1)[1].split()[0] for path in Path(f"/proc/{process.pid}/task").glob("*/stat")]
        if all(state == "T" for state in states):
            return
        time.sleep(0.001)
    raise AssertionError(f"the threads of {process.pid} did not stop: {states}")
