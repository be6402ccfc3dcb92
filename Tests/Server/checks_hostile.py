"""10,000 clients that vanish, lie, overdo it or dawdle: nothing stays behind, nobody else notices."""

from support import Server, check, request

ROUNDS = 20
KINDS = 10
PER_KIND = 50
# The allocator may keep some blocks more, the more the busier the machine is. If every client left what its
# connection has, it would be six times that.
LEAK_KIB = 16384
BODY = '{"call":"__get_free_pages","gfp":"GFP_KERNEL","order":1}'


def hostile(server, session):
    """One round: each kind of client some times, all of a kind at the same time."""
    post = request("POST", "/pages", BODY, **session)
    large = request("POST", "/calls", "[" + "x" * 200_000, **session)
    kinds = [
        ("vanishes in the request line", "GET /zon", False),
        ("vanishes in the headers", "GET /zones HTTP/1.1\r\nHost: x\r\nAuthoriz", False),
        ("vanishes in the body", post[:-9], False),
        ("vanishes in a chunk", "POST /pages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n99\r\nab", False),
        ("vanishes before a long answer", request("GET", "/frames", **session), False),
        ("sends no HTTP", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", True),
        ("sends no JSON", request("POST", "/pages", '{"order":}', **session), True),
        ("sends a large body", large, True),
        ("sends large headers", f"GET /zones HTTP/1.1\r\nHost: x\r\nX-A: {'a' * 20_000}\r\n\r\n", True),
        ("announces a huge body", "POST /pages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", True),
    ]
    assert len(kinds) == KINDS
    for name, text, is_answered in kinds:
        clients = [server.connect() for _ in range(PER_KIND)]
        half = len(text) // 2
        for part in (text[:half], text[half:]):  # In two pieces, with all the others between.
            for client in clients:
                client.send(part)
        for client in clients:
            answer = client.read() if is_answered else None
            assert answer is None or 400 <= answer.status < 500, (name, answer)
            client.socket.close()


@check
def hostile_clients_leave_nothing_behind(binary):
    with Server(binary, "--connection-idle", "2") as server:
        descriptors = server.ask("GET", "/healthz") and server.descriptors
        session, other = server.boot(), server.boot()
        other_page = server.ask("POST", "/pages", BODY, **other)
        assert other_page.status == 201
        seen = [server.ask("GET", path, **other).body for path in ("/snapshot", "/frames", "/report")]
        for _ in range(ROUNDS):
            hostile(server, session)  # As many as later, so that the allocator has room for such a crowd.
            assert server.ask("GET", "/healthz").status == 200
        server.await_descriptors(descriptors)
        resident = server.resident_kib
        for _ in range(ROUNDS):
            hostile(server, session)
            now = [server.ask("GET", path, **other).body for path in ("/snapshot", "/frames", "/report")]
            assert now == seen, "another session's answers changed"
        server.await_descriptors(descriptors)
        grown = server.resident_kib - resident
        print(f"     {ROUNDS * KINDS * PER_KIND} clients: {grown:+} KiB, {server.descriptors} descriptors open as before")
        assert grown < LEAK_KIB, f"{grown} KiB more than before"
        # Nothing of what was cut off has run.
        assert server.ask("GET", "/zones", **session).json["step"] == 0
