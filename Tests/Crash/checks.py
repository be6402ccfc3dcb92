"""Checks of the checker: it must find what is lost, what is invented, and what is not whole."""

import json
import signal
import tempfile
from pathlib import Path

import powercut
from clients import Client
from reader import Difference, Reader
from servers import Connection, Server, copy_store

PAGES = ("POST", "/pages", "{}")
BATCH = ("POST", "/calls", json.dumps([{"call": "alloc_pages(GFP_KERNEL, 1)"}] * 5))


class ScriptedClient(Client):
    """A client that asks for what it is told to, in one session."""

    def ask(self, port, *calls):
        """Makes calls, in a session that is made first if there is none."""
        with Connection(port) as connection:
            for call in calls:
                self.next = call
                self._ask(connection)

    def _choose(self):
        if self.next is None:
            return None, "POST", "/sessions", "", self._new_name()
        return *self.sessions.values(), *self.next, None


class Stage:
    """A server on a directory, a client that has made some calls, and an older copy of the directory."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        (folder / "logs").mkdir()
        client = ScriptedClient("c", folder / "logs", 1, [])
        with self.serve("data") as server:
            client.ask(server.port, None, PAGES, PAGES)
            copy_store(folder / "data", folder / "old")
            client.ask(server.port, PAGES, BATCH)
            server.end(signal.SIGTERM)
        self.log = folder / "logs" / "c.jsonl"
        self.lines = self.log.read_text().splitlines(keepends=True)

    def serve(self, name):
        """A server on one of the directories."""
        server = Server(self.binary, "--data", str(self.folder / name))
        server.wait()
        return server

    def difference(self, lines, directory="data"):
        """What the reader says about a directory and a log of these lines; nothing if it finds no difference."""
        self.log.write_text("".join(lines))
        reader = Reader(self.binary, self.folder / "logs")
        try:
            with self.serve(directory) as server:
                return difference(reader, server.port)
        finally:
            reader.close()


def run(binary):
    """Runs all of them."""
    with tempfile.TemporaryDirectory(prefix="kmemlab-checks-") as folder:
        stage = Stage(binary, Path(folder))
        lines = stage.lines
        half = lines[-2].replace(json.dumps(BATCH[2]), json.dumps(json.dumps(json.loads(BATCH[2])[:3])))
        assert half != lines[-2], lines[-2]
        expect(stage.difference(lines), "")
        expect(stage.difference(lines[:-1]), "")  # The batch was in flight and is there.
        expect(stage.difference(lines[:-4], "old"), "")
        expect(stage.difference(lines, "old"), "lost: the session c-1 stands at (step, last step, hashes) (2, 2,")
        expect(stage.difference(lines[:-2]), "invented: the session c-1 stands at (step, last step, hashes) (8, 8,")
        expect(stage.difference([*lines[:-2], half]), "invented:")  # Half of the batch was in flight.
        expect(stage.difference([*lines[:-2], lines[-2].replace("GFP_KERNEL", "GFP_ATOMIC")]), "another state:")
        expect(stage.difference([*lines[:-1], lines[-1].replace("Normal", "DMA32")]), "answered otherwise:")
        ended = [json.dumps({"session": "c-1", "method": "DELETE", "path": "/sessions/{id}", "body": ""}) + "\n",
                 json.dumps({"status": 204, "body": ""}) + "\n"]
        expect(stage.difference([*lines, *ended]), "invented: the session c-1 has been ended and is there")


def run_cuts(binary):
    """A server whose syncs do nothing loses what it answered; one whose syncs do what they say does not."""
    with tempfile.TemporaryDirectory(prefix="kmemlab-checks-") as folder:
        folder = Path(folder)
        library = powercut.library(folder)
        if not library:
            return print("     no C compiler: the power is cut by copies only", flush=True)
        (folder / "logs").mkdir()
        client = ScriptedClient("c", folder / "logs", 1, [])
        environment = {"LD_PRELOAD": str(library), "POWERCUT_LOG": str(folder / "writes")}
        with Server(binary, "--data", f"{folder}/data", "--durability", "power", environment=environment) as server:
            server.wait()
            client.ask(server.port, None, PAGES, BATCH)
            server.end()
        for disk, wanted in [(powercut.Disk(), ""), (DiskThatForgets(), "lost: the session c-1")]:
            with open(folder / "writes", "rb") as log:
                disk.follow(log)
            data = folder / type(disk).__name__
            data.mkdir()
            (data / "data.mdb").write_bytes(disk.synced)
            reader = Reader(binary, folder / "logs")
            with Server(binary, "--data", str(data), "--durability", "power") as server:
                server.wait()
                expect(difference(reader, server.port), wanted)
            reader.close()


class DiskThatForgets(powercut.Disk):
    """A disk to which no sync comes."""

    def _take(self, kind, offset, data):
        """Whatever is written stays in the system's memory."""


def difference(reader, port):
    """What a reader says about a server; nothing if it finds no difference."""
    try:
        reader.check(port, whole=True)
        return ""
    except Difference as difference:
        return str(difference)


def expect(found, wanted):
    """Compares the beginning of what was found."""
    if not found.startswith(wanted) or bool(found) != bool(wanted):
        raise AssertionError(f"the reader says {found!r} instead of {wanted!r}")
