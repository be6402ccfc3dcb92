"""What the checks of the server share: a process under test and connections to it."""

import json
import re
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
CHECKS = []


def check(function):
    """Registers a check: a function of the binary's path."""
    CHECKS.append(function)
    return function


class Server:
    """A server process on a free port, from its start until its end, which must be a clean one."""

    def __init__(self, binary, *options, port=0, **process):
        """`process`: further arguments of Popen, such as stderr."""
        self.process = subprocess.Popen(
            [binary, "serve", "--port", str(port), *options], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, **{"stderr": subprocess.DEVNULL, **process})
        match = LISTENING.search(self.process.stdout.readline())
        assert match, "the server did not start"
        self.port = int(match.group(1))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        status = self.process.wait(20)
        self.process.stdout.close()
        assert kind or status == 0, f"the server ended with {status}"

    def connect(self):
        return Connection(self.port)

    def ask(self, *arguments, **fields):
        """One request over a connection of its own."""
        with self.connect() as connection:
            return connection.ask(*arguments, **fields)

    def boot(self, **machine):
        """Boots a session; returns the header field that names it."""
        answer = self.ask("POST", "/sessions", json.dumps({"machine": "classroom", **machine}))
        assert answer.status == 201, answer
        return {"Authorization": f"Bearer {answer.json['token']}"}

    @property
    def descriptors(self):
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    @property
    def resident_kib(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1))

    def await_descriptors(self, count, seconds=20):
        """Waits until no more descriptors are open than before."""
        end = time.monotonic() + seconds
        while self.descriptors > count and time.monotonic() < end:
            time.sleep(0.05)
        assert self.descriptors <= count, f"{self.descriptors} descriptors are open, {count} were before"


class Answer:
    """A status, header fields (names in small letters, doubles joined) and a body."""

    def __init__(self, head, body):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.version, self.status = first.split(" ")[0], int(first.split(" ")[1])
        self.fields = {}
        for line in lines:
            name, value = line.split(":", 1)
            self.fields[name.lower()] = ", ".join(filter(None, [self.fields.get(name.lower()), value.strip()]))
        self.body = body

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:300]!r}"

    @property
    def json(self):
        return json.loads(self.body)


class Connection:
    """A connection that sends exactly what it is told to."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        try:
            self.socket.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
        except ConnectionError:
            pass  # The server has closed; the answer says why.

    def ask(self, method, target, body="", **fields):
        self.send(request(method, target, body, **fields))
        return self.read(is_head=method == "HEAD")

    def read(self, is_head=False):
        """One answer; None when the server closed the connection instead."""
        while b"\r\n\r\n" not in self.rest:
            if not self._receive():
                return None
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        answer = Answer(head, b"")
        size = 0 if is_head or answer.status in (204, 304) else int(answer.fields.get("content-length", 0))
        while len(self.rest) < size:
            assert self._receive(), "the answer is cut off"
        answer.body, self.rest = self.rest[:size], self.rest[size:]
        return answer

    def is_closed(self):
        """Whether the server closes without another byte."""
        return not self.rest and not self._receive()

    def _receive(self):
        try:
            part = self.socket.recv(65536)
        except ConnectionError:
            return False
        self.rest += part
        return bool(part)


def request(method, target, body="", version="1.1", **fields):
    """A request's bytes."""
    fields = {"Host": "test", **fields}
    if body or method in ("POST", "PUT"):
        fields = {"Content-Type": "application/json", "Content-Length": len(body), **fields}
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines) + "\r\n\r\n" + body
