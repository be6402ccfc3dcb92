"""A small HTTP client over one kept-open connection: an exact number of requests, answers whole."""

import json
import socket
from dataclasses import dataclass


@dataclass
class Answer:
    """What a server answered."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    @property
    def json(self):
        """The body's value."""
        return json.loads(self.body)


@dataclass
class Request:
    """What to ask for."""

    method: str
    path: str
    token: str | None = None
    body: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The header fields that belong to it."""
        fields = {}
        if self.token:
            fields["Authorization"] = f"Bearer {self.token}"
        if self.body:
            fields["Content-Type"] = "application/json"
        return fields

    @property
    def bytes(self) -> bytes:
        """The request as it is sent."""
        fields = {"Host": "127.0.0.1", **self.fields}
        if self.method in ("POST", "PUT"):
            fields["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


class Connection:
    """One connection to a server of this machine."""

    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def ask(self, request: Request) -> Answer:
        """Sends a request and reads its answer, which must be a success."""
        self._socket.sendall(request.bytes)
        answer = self._read()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{request.method} {request.path}: {answer.status} {answer.body!r}")
        return answer

    def ask_all(self, requests: list[Request]) -> list[Answer]:
        """Sends requests without waiting, and reads the answers, which must be successes."""
        self._socket.sendall(b"".join(request.bytes for request in requests))
        answers = [self._read() for _ in requests]
        for request, answer in zip(requests, answers):
            if not 200 <= answer.status < 300:
                raise RuntimeError(f"{request.method} {request.path}: {answer.status} {answer.body!r}")
        return answers

    def _read(self) -> Answer:
        head, _, self._rest = self._receive(lambda data: b"\r\n\r\n" in data).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        fields = [tuple(line.split(": ", 1)) for line in lines]
        size = next((int(v) for n, v in fields if n.lower() == "content-length"), 0)
        data = self._receive(lambda data: len(data) >= size)
        body, self._rest = data[:size], data[size:]
        return Answer(int(first.split(" ")[1]), fields, body)

    def _receive(self, is_enough) -> bytes:
        data = self._rest
        while not is_enough(data):
            part = self._socket.recv(65536)
            if not part:
                raise RuntimeError("the server closed the connection")
            data += part
        return data

    def close(self):
        """Closes the connection."""
        self._socket.close()
