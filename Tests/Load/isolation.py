"""Many clients hammer their own sessions at the same time; each session must end as if it had been alone.

Beside them the server has `others` sessions open. What each client sent is sent again to a server with one thread,
one request after the other: state hash, entity tag and snapshot must be the same.
"""

import asyncio
import json
import random
import time

from http_client import Client

CLIENTS = 64


class Hammer:
    """A client whose requests depend on its number and on what it was answered, and on nothing else."""

    def __init__(self, port, number):
        self.client, self.number = Client(port), number
        self.token = None

    async def run(self, count):
        chance = random.Random(self.number)
        machine = ["classroom", "i386", "x86_64"][self.number % 3]
        answer = await self.client.ask("POST", "/sessions", json.dumps({"machine": machine, "cpus": 1 + self.number % 2}))
        assert answer.status == 201, answer.body
        self.token = answer.json["token"]
        live = []
        for _ in range(count):
            method, target, body = self.choose(chance, live)
            answer = await self.client.ask(method, target, body, self.token)
            assert answer.status in (200, 201, 404, 409), f"{method} {target} {body}: {answer.status} {answer.body[:200]}"
            if method == "POST" and answer.status == 201 and target in ("/pages", "/kmalloc", "/vmalloc"):
                live.append(f"{target}/{answer.json['id']}")
        return await self.end()

    @staticmethod
    def choose(chance, live):
        kind = chance.random()
        if live and kind < 0.35:
            return "DELETE", live.pop(chance.randrange(len(live))), ""
        if kind < 0.6:
            return "POST", "/pages", json.dumps({"order": chance.randrange(4)})
        if kind < 0.8:
            return "POST", "/kmalloc", json.dumps({"size": chance.randrange(1, 9000)})
        if kind < 0.85:
            return "POST", "/vmalloc", json.dumps({"size": chance.randrange(1, 30000)})
        if kind < 0.9:
            return "POST", "/calls", '[{"call":"kmalloc(40, GFP_KERNEL)","as":"p"},{"call":"memset($p, 7, 40)"},{"call":"kfree($p)"}]'
        if kind < 0.92:
            return "POST", "/undo", '{"steps":1}'
        return "GET", chance.choice(["/zones", "/buddy", "/report", "/diff"]), ""

    async def end(self):
        """What names the final state."""
        answer = await self.client.ask("GET", "/snapshot", token=self.token)
        assert answer.status == 200, answer.body
        self.client.close()
        return answer.fields["etag"], answer.json["state_hash"], answer.body


async def open_sessions(port, count):
    """Opens sessions that nobody uses, over a few connections."""
    async def some(share):
        client = Client(port)
        for _ in range(share):
            answer = await client.ask("POST", "/sessions", '{"machine":"classroom"}')
            assert answer.status == 201, answer.body
        client.close()

    await asyncio.gather(*(some(count // 16) for _ in range(16)))


def check(start_server, others, requests):
    """Returns whether every session ended as it had to, and says what was done."""
    with start_server("--threads", "2", "--max-sessions", str(others + 1000), "--max-sessions-per-address", str(others + 1000)) as server:
        begin = time.monotonic()
        asyncio.run(open_sessions(server.port, others))
        opened = time.monotonic() - begin
        begin = time.monotonic()

        async def together():
            return await asyncio.gather(*(Hammer(server.port, number).run(requests) for number in range(CLIENTS)))

        crowd = asyncio.run(together())
        took = time.monotonic() - begin
        print(f"{others:,} sessions opened in {opened:.0f} s; {CLIENTS} clients made {CLIENTS * requests:,} requests in {took:.0f} s; {server.resident_kib >> 10} MiB", flush=True)
    with start_server("--threads", "1") as server:
        async def alone():
            return [await Hammer(server.port, number).run(requests) for number in range(CLIENTS)]

        single = asyncio.run(alone())
    same = sum(one == other for one, other in zip(crowd, single))
    print(f"{same} of {CLIENTS} final states equal a single-threaded replay")
    return same == CLIENTS
