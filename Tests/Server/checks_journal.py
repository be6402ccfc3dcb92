"""The journal: sessions that outlive the process, and directories that are not as they should be."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from support import ROOT, Server, check, request

BLOCK = '{"call":"__get_free_pages","gfp":"GFP_KERNEL","order":2}'


def folder():
    """A folder for a check's directories."""
    return tempfile.TemporaryDirectory(prefix="kmemlab-journal-")


def refused(binary, data, *options, wrapper=()):
    """Starts a server that must end at once; returns what it says on standard error."""
    ended = subprocess.run(
        [*wrapper, binary, "serve", "--port", "0", "--data", str(data), *options], cwd=ROOT, text=True,
        capture_output=True, timeout=20)
    assert ended.returncode > 0 and "listening" not in ended.stdout, ended
    assert "Error:" in ended.stderr and "Fatal" not in ended.stderr, ended.stderr
    return ended.stderr


def seen(server, session):
    """What a client sees of its session."""
    answers = [server.ask("GET", path, **session) for path in ["/journal?step=4", "/zones", "/snapshot", "/pages/1"]]
    assert all(answer.status == 200 for answer in answers), answers
    return [(answer.fields["etag"], answer.json) for answer in answers]


def kill(server):
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()


@check
def sessions_outlive_sigterm_and_kill(binary):
    with folder() as data:
        with Server(binary, "--data", data) as server:
            booted = server.ask("POST", "/sessions", '{"machine":"classroom"}').json
            mine = {"Authorization": f"Bearer {booted['token']}"}
            spectator = {"Authorization": f"Bearer {booted['view_token']}"}
            for _ in range(4):
                assert server.ask("POST", "/pages", BLOCK, **mine).status == 201
            assert server.ask("POST", "/undo", "", **mine).json == {"step": 3, "last_step": 4}
            before = seen(server, mine)
        assert not (Path(data) / "open-since-boot").exists()
        server = Server(binary, "--data", data)
        assert seen(server, mine) == before and seen(server, spectator) == before
        assert server.ask("POST", "/pages", BLOCK, **spectator).status == 403
        kill(server)
        with Server(binary, "--data", data) as server:
            assert seen(server, mine) == before
            assert server.ask("GET", f"/sessions/{booted['id']}", **mine).json["calls"] == 4
            tag = dict(mine, **{"If-None-Match": before[1][0]})
            assert server.ask("GET", "/zones", **tag).status == 304
            assert server.ask("POST", "/redo", "", **mine).json == {"step": 4, "last_step": 4}
            assert server.ask("DELETE", f"/sessions/{booted['id']}", **mine).status == 204
        with Server(binary, "--data", data) as server:
            assert server.ask("GET", "/zones", **mine).status == 401


@check
def spectator_who_left_does_not_keep_the_store_open(binary):
    """What still holds the store at the end must not leave it marked as open."""
    with folder() as data:
        with Server(binary, "--data", data) as server:
            session = server.boot()
            assert server.ask("POST", "/pages", BLOCK, **session).status == 201
            with server.connect() as client:
                client.send(request("GET", "/events", **session))
                assert client.socket.recv(64)
        assert not (Path(data) / "open-since-boot").exists()


@check
def second_server_on_a_directory_is_refused_and_the_first_goes_on(binary):
    for durability in ["process", "power"]:
        with folder() as data, Server(binary, "--data", data, "--durability", durability) as server:
            session = server.boot()
            for other in ["process", "power"]:
                text = refused(binary, data, "--durability", other)
                assert f"Another process works with {data}." in text, text
            assert server.ask("POST", "/pages", BLOCK, **session).status == 201


@check
def directories_that_cannot_be_are_refused(binary):
    with folder() as place:
        text = refused(binary, f"{place}/no/where")
        assert f"{place}/no/where cannot be written: No such file or directory." in text, text
        file = Path(place) / "file"
        file.write_text("mine")
        text = refused(binary, file)
        assert f"{file} cannot be written: Not a directory." in text, text
        assert file.read_text() == "mine"
        os.mkdir(f"{place}/taken")
        os.mkdir(f"{place}/taken/data.mdb")
        text = refused(binary, f"{place}/taken")
        assert "Is a directory" in text, text


@check
def store_of_a_host_that_went_down_is_refused(binary):
    with folder() as data:
        with Server(binary, "--data", data):
            (Path(data) / "open-since-boot").write_text("00000000-0000-0000-0000-000000000000\n")
            copied = stored(data)
        Path(data, "open-since-boot").write_text("00000000-0000-0000-0000-000000000000\n")
        text = refused(binary, data)
        assert "The host went down while" in text, text
        assert stored(data) == copied, "the store was touched"


def stored(data):
    """The part of the file of pages that has something in it."""
    with open(Path(data) / "data.mdb", "rb") as file:
        return file.read(1 << 20).rstrip(b"\0")


@check
def killed_servers_lose_and_invent_nothing(binary):
    """A short one of the crash tests; `make crash-test` is the long one."""
    ended = subprocess.run(
        [sys.executable, ROOT / "Tests/Crash/run.py", "--server", binary, "--rounds", "5"], text=True,
        capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr


# Damage.


class Damaged:
    """A store with some sessions, of which copies are damaged."""

    def __init__(self, binary, folder, sessions=8):
        self.binary, self.folder = binary, Path(folder)
        with Server(binary, "--data", f"{folder}/whole", "--durability", "power") as server:
            self.sessions = [server.boot() for _ in range(sessions)]
            for number, session in enumerate(self.sessions):
                text = json.dumps([{"call": "alloc_pages(GFP_KERNEL, 0)"}] * 100)
                assert server.ask("POST", "/calls", text, **session).status == 200
            address = "0xc0100000"
            text = json.dumps({"text": "remember me " * 20})
            assert server.ask("PUT", f"/memory/{address}", text, **self.sessions[0]).status == 200
            self.steps = [server.ask("GET", "/zones", **session).json["step"] for session in self.sessions]
        # Without what was only allocated ahead.
        used = (self.folder / "whole/data.mdb").read_bytes().rstrip(b"\0")
        self.bytes = used.ljust(-(-len(used) // 4096) * 4096, b"\0")
        self.count = 0

    def starts(self, damaged):
        """Starts a server on damaged bytes; returns how many sessions are there and refused, `None` if it is refused."""
        self.count += 1
        data = self.folder / f"damaged-{self.count}"
        data.mkdir()
        (data / "data.mdb").write_bytes(damaged)
        server = subprocess.Popen(
            [self.binary, "serve", "--port", "0", "--data", str(data)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        match = re.search(r"127\.0\.0\.1:(\d+)", server.stdout.readline())
        try:
            if not match:
                text = server.stderr.read()
                assert server.wait(20) > 0 and "Error:" in text and "Fatal" not in text, (server.returncode, text)
                return None
            return self._ask(server, int(match.group(1)))
        finally:
            server.kill()
            server.communicate()

    def _ask(self, server, port):
        there = unreadable = 0
        shell = Server.__new__(Server)
        shell.port = port
        for session, step in zip(self.sessions, self.steps):
            answer = shell.ask("GET", "/zones", **session)
            assert answer, f"no answer; the server ended with {server.wait(5)}"
            if answer.status == 200:
                there += answer.json["step"] == step
                changed = shell.ask("POST", "/pages", BLOCK, **session)
                assert changed and changed.status in (201, 503), changed
            else:
                assert answer.status in (401, 409, 503), answer
                unreadable += answer.status == 409 and answer.json["type"] == "/problems/session-unreadable"
        assert shell.ask("GET", "/healthz").status == 200
        boots = shell.ask("POST", "/sessions")
        assert boots and boots.status in (201, 503), boots
        assert server.poll() is None, f"the server ended with {server.returncode}"
        return there, unreadable


@check
def damaged_byte_of_a_record_makes_one_session_unreadable(binary):
    with folder() as place:
        store = Damaged(binary, place)
        count = len(store.sessions)
        assert store.starts(store.bytes) == (count, 0)
        assert b"remember me" in store.bytes
        assert store.starts(store.bytes.replace(b"remember me", b"remember Me")) == (count - 1, 1)


@check
def file_that_is_no_store_or_has_lost_its_end_is_refused(binary):
    with folder() as place:
        store = Damaged(binary, place)
        whole = store.bytes
        for size in [1, 100, 4096, 8192, 12288, len(whole) // 2, len(whole) - 4096]:
            assert store.starts(whole[:size]) is None, size
        for text in [b"hello", bytes(len(whole)), b"\xff" * len(whole), random.Random(1).randbytes(len(whole))]:
            assert store.starts(text) is None, text[:10]


# Disks that refuse.


def mounting(mounts):
    """A command that runs another one where `$0` is mounted as said; `None` where that is not allowed."""
    wrapper = ["unshare", "--mount", "sh", "-ec", f'{mounts}; "$@"; "$@"']
    try:
        tried = subprocess.run([*wrapper, "/mnt", "true"], capture_output=True, timeout=20)
    except FileNotFoundError:
        return None
    return wrapper if tried.returncode == 0 else None


class MountedServer(Server):
    """A server that sees mounts of its own; when it is killed, another one follows there."""

    def __init__(self, wrapper, data, binary, *options):
        self.process = subprocess.Popen(
            [*wrapper[:-1], wrapper[-1].replace('; "$@"; ', '; "$@" || true; '), data, binary, "serve", "--port", "0",
             "--data", f"{data}/store", *options], cwd=ROOT, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.listen()

    def listen(self):
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.process.stdout.readline()).group(1))

    @property
    def child(self):
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text())

    def kill_first(self):
        os.kill(self.child, signal.SIGKILL)
        self.listen()

    def __exit__(self, kind, *_):
        os.kill(self.child, signal.SIGTERM)
        status = self.process.wait(20)
        self.process.stdout.close()
        assert kind or status == 0, f"the server ended with {status}"


def refuses(answer):
    """Whether the journal refuses; otherwise the change must have been made."""
    assert answer and answer.status in (200, 201, 503), answer
    if answer.status == 503:
        assert answer.json["type"] == "/problems/journal-refuses", answer
        assert "the disk is full" in answer.json["detail"], answer
    return answer.status == 503


def fills_a_disk(binary, durability):
    wrapper = mounting('mount -t tmpfs -o size=10m tmpfs "$0"')
    if not wrapper:
        return print("     skipped: no mounts of its own")
    with folder() as data, MountedServer(wrapper, data, binary, "--durability", durability) as server:
        mine = server.boot()
        filler = server.ask("POST", "/sessions", '{"machine":"classroom"}').json
        other = {"Authorization": f"Bearer {filler['token']}"}
        text = json.dumps({"hex": "5a" * 30_000})
        steps = 0
        while not refuses(server.ask("PUT", "/memory/0xc0100000", text, **other)):
            steps += 1
            assert steps < 1_000, "the disk is never full"
        # What is small may still fit.
        own = 0
        while not refuses(server.ask("POST", "/pages", "", **mine)):
            own += 1
            assert own < 100_000, "the disk is never full"
        assert refuses(server.ask("POST", "/undo", "", **other)) is False
        assert refuses(server.ask("POST", "/redo", "", **other)) is False
        refuses(server.ask("POST", "/sessions"))
        before = {}
        for round in range(2):
            for session, step in [(mine, own), (other, steps)]:
                answer = server.ask("GET", "/zones", **session)
                assert answer.status == 200 and answer.json["step"] == step, (round, step, answer)
                assert before.setdefault(step, answer.body) == answer.body
                assert refuses(server.ask("PUT", "/memory/0xc0100000", text, **session))
            if round == 0:
                server.kill_first()
        assert server.ask("DELETE", f"/sessions/{filler['id']}", **other).status == 204
        for _ in range(20):
            assert not refuses(server.ask("PUT", "/memory/0xc0100000", text, **mine))
        assert server.ask("GET", "/zones", **mine).json["step"] == own + 20


@check
def full_disk_refuses_changes_until_a_session_ends(binary):
    fills_a_disk(binary, "process")


@check
def full_disk_refuses_changes_with_power_durability(binary):
    fills_a_disk(binary, "power")


@check
def file_system_that_is_read_only_is_refused(binary):
    wrapper = mounting('mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"')
    if not wrapper:
        return print("     skipped: no mounts of its own")
    with folder() as place:
        with Server(binary, "--data", f"{place}/store") as server:
            session = server.boot()
        wrapper = [*wrapper[:-1], wrapper[-1].replace('"$@"; "$@"', 'exec "$@"'), place]
        for name in ["store", "other"]:
            text = refused(binary, f"{place}/{name}", wrapper=wrapper)
            assert f"{place}/{name} cannot be written: Read-only file system." in text, text
        with Server(binary, "--data", f"{place}/store") as server:
            assert server.ask("GET", "/zones", **session).status == 200
