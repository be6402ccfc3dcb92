"""The process: its start, its end, its neighbours."""

import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from support import Server, check, request

GFP = '{"call":"__get_free_pages","gfp":"GFP_KERNEL","order":2}'


def stops(binary, number):
    """Sends a signal while a body is on its way, then the rest of the body."""
    server = Server(binary)
    with server, server.connect() as client:
        text = request("POST", "/pages", GFP, **server.boot())
        client.send(text[:-20])
        time.sleep(0.2)
        server.process.send_signal(number)
        time.sleep(0.2)
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=2).close()
            raise AssertionError("the server still takes connections")
        except ConnectionRefusedError:
            pass
        client.send(text[-20:])
        answer = client.read()
        assert answer and answer.status == 201, answer
        assert answer.json["call"] == "__get_free_pages(GFP_KERNEL, 2)"
        assert server.process.wait(10) == 0


@check
def sigterm_during_a_request_lets_it_end(binary):
    stops(binary, signal.SIGTERM)


@check
def sigint_during_a_request_lets_it_end(binary):
    stops(binary, signal.SIGINT)


@check
def sigterm_ends_long_work_that_nobody_waits_for(binary):
    # As much as one session may write, which takes about a second; together far more than the grace period.
    batch = ",".join(['{"call":"vmalloc(67108864)","as":"p"},{"call":"vfree($p)"}'] * 450)
    with Server(binary, "--max-work", "3600") as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(40)]
        for client in clients:
            client.send(request("POST", "/calls", f"[{batch}]", **server.boot(machine="x86_64")))
        time.sleep(1)
        # After the grace period the server gives the rest up; otherwise the watchdog would end it with 1.
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert any(client.is_closed() for client in clients), "all the work was done before its end"


@check
def port_in_use_is_said_and_fails(binary):
    with Server(binary) as server:
        second = subprocess.run(
            [binary, "serve", "--port", str(server.port)], capture_output=True, text=True, timeout=20)
        assert second.returncode not in (0, None) and second.returncode > 0, second
        assert "Address already in use" in second.stderr and str(server.port) in second.stderr, second.stderr
        assert "listening" not in second.stdout, second.stdout
        assert server.ask("GET", "/healthz").status == 200


@check
def broken_description_is_said_and_fails(binary):
    for text in ["", "openapi: [", "- openapi", "openapi: 3.1.0\ninfo: {}\n", "openapi: 3.1.0\nopenapi: 3.1.0\ninfo: {}\npaths: {}\n"]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "openapi" / "openapi.yaml"
            file.parent.mkdir()
            file.write_text(text)
            done = subprocess.run([binary, "serve", "--port", "0"], cwd=folder, text=True, capture_output=True, timeout=20)
            assert done.returncode != 0, text
            assert "openapi/openapi.yaml is no OpenAPI file" in done.stderr, done.stderr
            assert "listening" not in done.stdout


@check
def two_servers_side_by_side_know_only_their_own(binary):
    with Server(binary) as first, Server(binary) as second:
        mine, other = first.boot(), second.boot()
        assert first.ask("POST", "/pages", GFP, **mine).status == 201
        assert first.ask("GET", "/zones", **other).status == 401
        assert second.ask("GET", "/zones", **mine).status == 401
        assert second.ask("GET", "/zones", **other).json["step"] == 0
        assert first.ask("GET", "/zones", **mine).json["step"] == 1


@check
def idle_session_ends_and_a_used_one_stays(binary):
    with Server(binary, "--session-idle", "2") as server:
        idle, used = server.boot(), server.boot()
        for _ in range(9):
            time.sleep(0.5)
            assert server.ask("GET", "/zones", **used).status == 200
        answer = server.ask("GET", "/zones", **idle)
        assert answer.status == 401 and answer.json["type"] == "/problems/unknown-token", answer


@check
def idle_connection_is_closed(binary):
    with Server(binary, "--connection-idle", "1") as server:
        before = server.descriptors
        for beginning in ["", "GET /zones HT", "GET /zones HTTP/1.1\r\nHost: x\r\n", request("POST", "/pages", GFP)[:-5]]:
            with server.connect() as client:
                client.send(beginning)
                assert client.is_closed(), beginning
        server.await_descriptors(before)
