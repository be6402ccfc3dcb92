"""Clients that break every rule, from addresses of their own. Each kind goes on until the end, and begins anew
whenever it is cut off.

    python3 Tests/Load/abusers.py PORT COUNT SECONDS
"""

import asyncio
import random
import sys
import time
from collections import Counter

from http_client import Client, request

DONE = Counter()
BAD = [
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /zones HTTP/1.1\r\n\r\n",
    b"POST /pages HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"GET /%zz?%=& HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /calls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
]


async def session(client, machine="classroom"):
    answer = await client.ask("POST", "/sessions", f'{{"machine":"{machine}"}}')
    return answer.json["token"]


async def drip(client, data):
    for byte in data:
        await client.send(bytes([byte]))
        await asyncio.sleep(0.7)


async def slow_headers(client, chance):
    """One byte after the other, never an end."""
    await drip(client, b"GET /zones HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 1000)


async def slow_body(client, chance):
    """A body that trickles in."""
    token = await session(client)
    await client.send(request("POST", "/calls", "x" * 5000, token)[:-5000])
    await drip(client, b"[" + b" " * 1000)


async def slow_reader(client, chance):
    """Long answers that nobody takes."""
    token = await session(client, "i386")
    await client.ask("POST", "/calls", "[" + ",".join(['{"call":"alloc_page(GFP_KERNEL)"}'] * 2000) + "]", token)
    client.writer.transport.pause_reading()
    for _ in range(30):
        await client.send(request("GET", "/snapshot", token=token))
    await asyncio.sleep(60)


async def malformed(client, chance):
    """What is no HTTP, and what is no JSON."""
    await client.send(chance.choice(BAD))
    await asyncio.sleep(0.2)
    client.close()
    answer = await client.ask("POST", "/pages", '{"order":}')
    DONE[answer.status] += 1
    await asyncio.sleep(0.2)


async def huge(client, chance):
    """Bodies, headers and targets beyond every limit."""
    for data in [request("POST", "/calls", "[" + " " * 1_500_000), b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n"]:
        await client.send(data)
        answer = await client.read()
        DONE[answer.status] += 1
        await asyncio.sleep(0.5)
        client.close()


async def loops(client, chance):
    """Loops that never end, one call after the other, and batches of them."""
    token = await session(client)
    batch = "[" + ",".join(['{"call":"kmalloc(64, GFP_KERNEL)","as":"p"},{"call":"kfree($p)"}'] * 250) + "]"
    while True:
        for target, body in [("/kmalloc", '{"size":1000000}'), ("/pages", '{"order":10}'), ("/calls", batch), ("/undo", '{"steps":300}')]:
            answer = await client.ask("POST", target, body, token)
            DONE[answer.status] += 1
            await asyncio.sleep(0.1)
        answer = await client.ask("GET", chance.choice(["/snapshot?step=10", "/diff?from=1", "/report"]), token=token)
        DONE[answer.status] += 1
        await asyncio.sleep(0.1)


async def heavy(client, chance):
    """Batches that take as long as any may, as a document or as lines, and the trace of what they left."""
    token = await session(client, "x86_64")
    calls = ['{"call":"vmalloc(67108864)","as":"p"}', '{"call":"vfree($p)"}'] * chance.choice([700, 1500])
    asked = [
        ("POST", "/calls", f"[{','.join(calls)}]", token),
        ("POST", "/calls", "\n".join(calls) + "\n", token, "application/x-ndjson"),
        ("GET", "/trace", "", token),
    ]
    while True:
        answer = await client.ask(*chance.choice(asked))
        DONE[answer.status] += 1


async def vanish(client, chance):
    """Gone in the middle of a request, or before its answer."""
    token = await session(client)
    data = request("POST", "/calls", "[" + ",".join(['{"call":"alloc_page(GFP_KERNEL)"}'] * 100) + "]", token)
    await client.send(data[:chance.randrange(len(data))])
    client.close()
    await client.send(request("GET", "/frames", token=token))
    client.close()
    await asyncio.sleep(0.3)


KINDS = [slow_headers, slow_body, slow_reader, malformed, huge, loops, heavy, vanish]


async def abuse(port, number, end):
    kind, chance = KINDS[number % len(KINDS)], random.Random(number)
    while time.monotonic() < end:
        client = Client(port, source=f"127.0.1.{number % 200 + 1}")
        try:
            await asyncio.wait_for(kind(client, chance), max(0.1, end - time.monotonic()))
            DONE[kind.__name__] += 1
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, KeyError, ValueError):
            DONE[f"{kind.__name__} cut off"] += 1
        client.close()
        await asyncio.sleep(0.2)


async def main(port, count, seconds):
    end = time.monotonic() + seconds
    await asyncio.gather(*(abuse(port, number, end) for number in range(count)))
    print(", ".join(f"{name}: {count}" for name, count in sorted(DONE.items(), key=str)))
    assert not any(isinstance(status, int) and status >= 500 for status in DONE), DONE


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
