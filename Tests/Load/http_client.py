"""A client of one keep-alive connection, for thousands of them in one process."""

import asyncio
import json


class Answer:
    """A status, header fields (names in small letters) and a body."""

    __slots__ = ("status", "fields", "body")

    def __init__(self, head, body):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ", 2)[1])
        self.fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


def request(method, target, body="", token=None, kind="application/json"):
    """A request's bytes."""
    fields = [f"{method} {target} HTTP/1.1", "Host: load"]
    if token:
        fields.append(f"Authorization: Bearer {token}")
    if body or method in ("POST", "PUT"):
        fields += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode("latin-1")


class Client:
    """A connection; it is opened by its first request and whenever it was closed."""

    def __init__(self, port, source=None):
        self.port, self.source = port, source
        self.reader = self.writer = None

    async def open(self):
        local = (self.source, 0) if self.source else None
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24, local_addr=local)

    def close(self):
        if self.writer:
            self.writer.transport.abort()
        self.reader = self.writer = None

    async def send(self, data):
        if self.writer is None:
            await self.open()
        self.writer.write(data)
        await self.writer.drain()

    async def read(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        answer = Answer(head[:-4], b"")
        if answer.fields.get("transfer-encoding") == "chunked":
            answer.body = await self._chunks()
        else:
            answer.body = await self.reader.readexactly(int(answer.fields.get("content-length", 0)))
        return answer

    async def _chunks(self):
        body = b""
        while True:
            size = int(await self.reader.readline(), 16)
            body += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
            if size == 0:
                return body

    async def ask(self, method, target, body="", token=None, kind="application/json"):
        await self.send(request(method, target, body, token, kind))
        return await self.read()
