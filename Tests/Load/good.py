"""Clients that keep the rules: each has a session of its own, and knows what step it must be at."""

import asyncio
import json
import random
import time

from http_client import Client

READS = ["/zones", "/buddy?zone=Normal&limit=2", "/proc/buddyinfo", "/pages?limit=10", "/report", "/journal?limit=5", "/dmesg"]


class GoodClient:
    """One client. `latencies` are (when it was sent, how long it took) in seconds."""

    def __init__(self, port, number, period):
        self.client = Client(port)
        self.random = random.Random(number)
        self.period = period
        self.latencies, self.errors = [], []
        self.token, self.step, self.pages = None, 0, []

    async def begin(self):
        answer = await self.client.ask("POST", "/sessions", '{"machine":"classroom"}')
        assert answer.status == 201, answer.body
        self.token = answer.json["token"]

    async def run(self, end):
        await asyncio.sleep(self.random.random() * self.period)
        next_time = time.monotonic()
        while next_time < end:
            await asyncio.sleep(max(0, next_time - time.monotonic()))
            try:
                await self.one()
            except (OSError, asyncio.IncompleteReadError, AssertionError) as error:
                self.errors.append(f"{type(error).__name__}: {error}"[:200])
                self.client.close()
            next_time += self.period

    async def one(self):
        """A read or a write, with the answer checked."""
        method, target, body = self.choose()
        begin = time.monotonic()
        answer = await self.client.ask(method, target, body, self.token)
        self.latencies.append((begin, time.monotonic() - begin))
        assert answer.status in (200, 201), f"{method} {target}: {answer.status} {answer.body[:100]}"
        if method == "GET":
            if answer.fields["content-type"] == "application/json" and "limit" not in target:
                assert answer.json["step"] == self.step, f"{target}: step {answer.json['step']} instead of {self.step}"
            return
        self.step += 1
        document = answer.json
        assert document["step"] == self.step, f"step {document['step']} instead of {self.step}"
        if method == "POST" and "id" in document:
            self.pages.append(document["id"])

    def choose(self):
        if self.random.random() < 0.5:
            return "GET", self.random.choice(READS), ""
        if self.pages and (len(self.pages) > 20 or self.random.random() < 0.5):
            page = self.pages.pop(self.random.randrange(len(self.pages)))
            return "DELETE", f"/pages/{page}", ""
        return "POST", "/pages", json.dumps({"order": self.random.randrange(3)})


async def run(port, count, rate, end, clients=None):
    """Has `count` clients make `rate` requests a second together until `end`."""
    if clients is None:
        clients = [GoodClient(port, number, count / rate) for number in range(count)]
        for start in range(0, count, 50):
            await asyncio.gather(*(client.begin() for client in clients[start:start + 50]))
    await asyncio.gather(*(client.run(end) for client in clients))
    return clients
