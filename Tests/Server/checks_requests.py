"""Requests that are odd, wrong or too large: each gets the answer that HTTP has for it."""

import json

from support import Server, check, request

HEAD = "Host: x\r\n"
BAD = [400]

# The bytes of a request, and the statuses that may answer it (None for a closed connection).
ODD = [
    ("percent without digits", f"GET /pages/%zz HTTP/1.1\r\n{HEAD}\r\n", BAD),
    ("percent at the end", f"GET /pages/% HTTP/1.1\r\n{HEAD}\r\n", BAD),
    ("percent in the query", f"GET /zones?step=%4 HTTP/1.1\r\n{HEAD}\r\n", BAD),
    ("NUL by its escape", f"GET /pages/%00 HTTP/1.1\r\n{HEAD}\r\n", BAD),
    ("NUL in the path", f"GET /pages\0x HTTP/1.1\r\n{HEAD}\r\n", BAD),
    # libmicrohttpd 0.9.75 cuts a value at a NUL and does not tell.
    ("NUL in a field's value", f"GET /healthz HTTP/1.1\r\n{HEAD}X-A: a\0b\r\n\r\n", [200, 400]),
    ("NUL in a field's name", f"GET /healthz HTTP/1.1\r\n{HEAD}X\0A: a\r\n\r\n", BAD),
    ("two hosts", f"GET /healthz HTTP/1.1\r\n{HEAD}Host: y\r\n\r\n", BAD),
    ("no host", "GET /healthz HTTP/1.1\r\n\r\n", BAD),
    ("two lengths that differ", f"POST /sessions HTTP/1.1\r\n{HEAD}Content-Length: 2\r\nContent-Length: 4\r\n\r\n{{}}", BAD),
    ("a length and chunks", f"POST /sessions HTTP/1.1\r\n{HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD),
    ("a length with a sign", f"POST /sessions HTTP/1.1\r\n{HEAD}Content-Length: +2\r\n\r\n{{}}", BAD),
    ("a length beyond 64 bits", f"POST /sessions HTTP/1.1\r\n{HEAD}Content-Length: 99999999999999999999\r\n\r\n", [400, 413]),
    ("a chunk without a size", f"POST /sessions HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n", BAD),
    ("a large body announced", f"POST /sessions HTTP/1.1\r\n{HEAD}Content-Length: 99999999\r\n\r\n", [413]),
    ("a long target", f"GET /{'a' * 5000} HTTP/1.1\r\n{HEAD}\r\n", [414]),
    ("a very long target", f"GET /{'a' * 50000} HTTP/1.1\r\n{HEAD}\r\n", [414]),
    ("many query items", f"GET /zones?{'step=1&' * 150} HTTP/1.1\r\n{HEAD}\r\n", BAD),
    ("very many query items", f"GET /zones?{'a&' * 2500} HTTP/1.1\r\n{HEAD}\r\n", [414]),
    ("a target as large as the memory", f"GET /zones?{'a' * 8100} HTTP/1.1\r\n{HEAD}\r\n", [414, 431]),
    ("a long field", f"GET /healthz HTTP/1.1\r\n{HEAD}X-A: {'a' * 7000}\r\n\r\n", [431]),
    ("a very long field", f"GET /healthz HTTP/1.1\r\n{HEAD}X-A: {'a' * 70000}\r\n\r\n", [431]),
    ("many fields", f"GET /healthz HTTP/1.1\r\n{HEAD}{''.join(f'X-{i}: a' + chr(13) + chr(10) for i in range(2000))}\r\n", [431]),
    ("another version", f"GET /healthz HTTP/3.0\r\n{HEAD}\r\n", [400, 505]),
    ("another method", f"BREW /sessions HTTP/1.1\r\n{HEAD}\r\n", [405]),
    ("a blank before the colon", "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", BAD),
    ("a folded field", f"GET /healthz HTTP/1.1\r\n{HEAD}X-A: a\r\n b\r\n\r\n", [200, 400]),
    ("another media type", f"POST /sessions HTTP/1.1\r\n{HEAD}Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{{}}", [415]),
    ("another language of answers", f"GET /zones HTTP/1.1\r\n{HEAD}Accept: image/png\r\n\r\n", [406]),
]


@check
def odd_requests_are_refused_as_http_says(binary):
    with Server(binary) as server:
        wrong = []
        for name, text, statuses in ODD:
            with server.connect() as client:
                client.send(text)
                client.socket.settimeout(3)
                try:
                    answer = client.read()
                except TimeoutError:
                    answer = "silence"
                if answer == "silence" or answer is None or answer.status not in statuses:
                    wrong.append(f"{name}: {answer}, not {statuses}")
        assert server.ask("GET", "/healthz").status == 200
        assert not wrong, "\n".join(wrong)


@check
def paths_lead_out_of_the_site_nowhere(binary):
    with Server(binary) as server:
        assert server.ask("GET", "/").status == 200
        up = ["..", "%2e%2e", ".%2E", "..%2f..", "..%5c..", "....//"]
        for step in up:
            for target in (f"/{step}/{step}/{step}/{step}/etc/passwd", f"/elements/{step}/{step}/README.md", f"/{step}/Package.swift"):
                answer = server.ask("GET", target)
                assert answer.status in (400, 404), (target, answer)
                assert b"root:" not in answer.body and b"swift-tools" not in answer.body


@check
def requests_in_one_write_are_answered_in_order(binary):
    with Server(binary) as server, server.connect() as client:
        session = server.boot()
        client.send("".join(request("POST", "/pages", '{"order":0}', **session) for _ in range(50)) + request("GET", "/zones", **session))
        assert [client.read().json["id"] for _ in range(50)] == list(range(1, 51))
        assert client.read().json["step"] == 50


@check
def chunked_bodies_are_joined(binary):
    with Server(binary) as server, server.connect() as client:
        head = request("POST", "/pages", **server.boot()).replace("Content-Length: 0", "Transfer-Encoding: chunked")
        for _ in range(2):
            client.send(head)
            for part in ('{"or', 'der"', ":3}"):
                client.send(f"{len(part):x};a=b\r\n{part}\r\n")
            client.send("0\r\nX-Trailer: x\r\n\r\n")
            assert client.read().json["page"]["order"] == 3


@check
def http_1_0_is_answered_and_closed(binary):
    with Server(binary) as server:
        session = server.boot()
        with server.connect() as client:
            answer = client.ask("GET", "/zones", version="1.0", **session)
            assert answer.status == 200 and "content-length" in answer.fields, answer
            assert "transfer-encoding" not in answer.fields and client.is_closed()
        with server.connect() as client:
            for _ in range(2):
                answer = client.ask("POST", "/pages", "{}", version="1.0", Connection="keep-alive", **session)
                assert answer.status == 201, answer
                assert answer.fields["connection"].lower() == "keep-alive"


@check
def of_two_equal_fields_the_first_counts(binary):
    with Server(binary) as server, server.connect() as client:
        first, second = server.boot()["Authorization"], server.boot()["Authorization"]
        server.ask("POST", "/pages", "{}", Authorization=first)
        for one, other, step in ((first, second, 1), (second, first, 0), (first, "Bearer x", 1)):
            client.send(f"GET /zones HTTP/1.1\r\n{HEAD}Authorization: {one}\r\nAuthorization: {other}\r\n\r\n")
            assert client.read().json["step"] == step
        client.send(f"GET /zones HTTP/1.1\r\n{HEAD}Authorization: Bearer x\r\nAuthorization: {first}\r\n\r\n")
        assert client.read().status == 401


@check
def head_and_304_announce_what_get_sends(binary):
    with Server(binary) as server, server.connect() as client:
        session = server.boot()
        for target in ("/zones", "/buddy", "/frames", "/snapshot", "/proc/buddyinfo", "/", "/openapi.json", "/page.js", "/healthz"):
            full = client.ask("GET", target, **session)
            size = str(len(full.body))
            head = client.ask("HEAD", target, **session)
            assert (head.status, head.fields["content-length"]) == (full.status, size), (target, head)
            if tag := full.fields.get("etag"):
                same = client.ask("GET", target, **{"If-None-Match": tag, **session})
                assert (same.status, same.fields.get("content-length", size)) == (304, size), (target, same)


@check
def answers_to_browsers_are_protected(binary):
    with Server(binary) as server:
        for target in ("/", "/nowhere", "/zones"):
            fields = server.ask("GET", target).fields
            assert fields["x-content-type-options"] == "nosniff" and "default-src" in fields["content-security-policy"], fields
        problem = server.ask("GET", "/zones")
        assert problem.fields["content-type"] == "application/problem+json" and json.loads(problem.body)["status"] == 401
