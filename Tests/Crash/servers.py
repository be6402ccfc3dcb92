"""Server processes, connections to them, and copies of their files."""

import os
import re
import select
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
# No limit of calls is met, whatever the number of rounds.
LIMITS = ["--max-calls", "10000000", "--connection-idle", "600"]


class Refused(Exception):
    """A server ended before it listened; the text is what it said."""


class Server:
    """A server process; it may be killed at any moment of its life."""

    def __init__(self, binary, *options, environment=None):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", *LIMITS, *options], text=True,
            stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, **(environment or {})})
        self.port = None

    def wait(self, seconds=None):
        """Waits until it listens; returns whether it does before the time is over."""
        if seconds is not None and not select.select([self.process.stdout], [], [], seconds)[0]:
            return False
        line = self.process.stdout.readline()
        match = LISTENING.search(line)
        if match is None:
            raise Refused(f"the server ended with {self.process.wait()}: {line}{self.said}")
        self.port = int(match.group(1))
        return True

    @property
    def said(self):
        """What it wrote on its standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def end(self, number=signal.SIGKILL):
        """Ends it by a signal, and waits for it."""
        self.process.send_signal(number)
        status = self.process.wait(30)
        self.process.stdout.close()
        expected = -signal.SIGKILL if number == signal.SIGKILL else 0
        if status != expected:
            raise AssertionError(f"the server ended with {status} instead of {expected}: {self.said[-4000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class Cut(Exception):
    """The connection ended before an answer had come."""


class Connection:
    """A connection on which requests may be sent ahead of the answers."""

    def __init__(self, port):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionError as error:
            raise Cut from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", buffering=1 << 16)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def ask(self, *request):
        """Sends a request and waits for its answer."""
        self.send([request])
        return self.read()

    def send(self, requests):
        """Sends requests: each one is a method, a path, a token or none, a body, and a key or none."""
        try:
            self.socket.sendall(b"".join(encoded(*request) for request in requests))
        except ConnectionError as error:
            raise Cut from error

    def read(self):
        """One answer: its status, its header fields by small names, its body."""
        try:
            status = int(self._line().split(b" ")[1])
            fields = {}
            while line := self._line().rstrip():
                name, _, value = line.decode("latin-1").partition(": ")
                fields[name.lower()] = value
            size = 0 if status in (204, 304) else int(fields["content-length"])
            body = self.file.read(size)
        except ConnectionError as error:
            raise Cut from error
        if len(body) < size:
            raise Cut
        return status, fields, body.decode()

    def _line(self):
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise Cut
        return line


def encoded(method, path, token=None, body="", key=None):
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if key:
        lines.append(f"Idempotency-Key: {key}")
    if method in ("POST", "PUT"):
        kind = "application/x-ndjson" if body.count("\n") else "application/json"
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def copy_data(source, target):
    """Copies the data of a file that may look much larger than it is."""
    with open(source, "rb") as reader, open(target, "wb") as writer:
        size = os.fstat(reader.fileno()).st_size
        position = 0
        while position < size:
            try:
                start = os.lseek(reader.fileno(), position, os.SEEK_DATA)
            except OSError:
                break  # Nothing but a hole is left.
            position = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            os.lseek(reader.fileno(), start, os.SEEK_SET)
            os.lseek(writer.fileno(), start, os.SEEK_SET)
            while start < position and (part := os.read(reader.fileno(), min(1 << 20, position - start))):
                writer.write(part)
                writer.flush()
                start += len(part)
        os.ftruncate(writer.fileno(), size)


def copy_store(source, target):
    """Copies a store's directory as it is at this moment."""
    target = Path(target)
    target.mkdir()
    for name in ("data.mdb", "recent", "open-since-boot"):
        if (Path(source) / name).exists():
            copy_data(Path(source) / name, target / name)
