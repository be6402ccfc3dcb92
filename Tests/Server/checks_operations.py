"""What who runs a server has to do with it: metrics, the log, options from the environment."""

import base64
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from support import ROOT, Server, check, request

GUIDE = ROOT / "Documentation" / "Operations.md"


def logged(server, path):
    """The lines of a log so far, once the last request is in it."""
    mark = f"mark-{time.monotonic_ns()}"
    server.ask("GET", "/healthz", **{"X-Request-Id": mark})
    time.sleep(0.3)
    return Path(path).read_text()


@check
def metrics_are_read_by_the_parser_of_prometheus(binary):
    from prometheus_client.parser import text_string_to_metric_families as parse

    with tempfile.TemporaryDirectory() as folder, Server(binary, "--data", folder, "--durability", "power") as server:
        session = server.boot()
        for _ in range(3):
            assert server.ask("POST", "/pages", '{"order":1}', **session).status == 201
        assert server.ask("GET", "/pages/77", **session).status == 404
        answer = server.ask("GET", "/metrics", Accept="application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
        assert answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8", answer
        families = {family.name: family for family in parse(answer.body.decode())}
        assert all(name.startswith("kmemlab_") for name in families), sorted(families)
        assert all(family.documentation and family.type != "unknown" for family in families.values()), families
        samples = {(sample.name, frozenset(sample.labels.items())): sample.value for family in families.values() for sample in family.samples}

        def value(name, **labels):
            return samples[name, frozenset(labels.items())]

        pages = {"route": "/pages", "method": "POST"}
        assert value("kmemlab_http_requests_total", **pages, status="201") == 3
        assert value("kmemlab_http_request_duration_seconds_count", **pages) == 3
        assert 0 < value("kmemlab_http_request_duration_seconds_sum", **pages) < 60
        buckets = [sample for sample in families["kmemlab_http_request_duration_seconds"].samples
                   if sample.name.endswith("_bucket") and sample.labels["route"] == "/pages"]
        counts = [sample.value for sample in sorted(buckets, key=lambda sample: float(sample.labels["le"]))]
        assert counts == sorted(counts) and counts[-1] == 3, counts
        assert value("kmemlab_refused_requests_total", problem="no-such-page") == 1, samples
        assert value("kmemlab_sessions", state="memory") == 1 and value("kmemlab_sessions", state="journal") == 0
        assert value("kmemlab_journal_commits_total") >= 4 and value("kmemlab_journal_syncs_total") >= 4
        assert 0 < value("kmemlab_journal_bytes") <= os.path.getsize(f"{folder}/data.mdb")
        assert abs(value("kmemlab_process_resident_memory_bytes") / 1024 - server.resident_kib) < 0.2 * server.resident_kib
        assert abs(value("kmemlab_process_start_time_seconds") - time.time()) < 300
        assert value("kmemlab_process_cpu_seconds_total") > 0 and value("kmemlab_process_threads") >= 2
        assert len(value_set := {sample.labels.get("version") for sample in families["kmemlab_build_info"].samples}) == 1, value_set


def places_for(token):
    """Requests that have a token wherever a client may put one."""
    for text in (token, token.upper(), quote(token).replace("_", "%5F")):
        yield request("GET", "/zones", Authorization=f"Bearer {text}")
        yield request("GET", "/zones", Cookie=f"kmemlab_session={text}")
        yield request("GET", f"/sessions/{text}")
        yield request("DELETE", f"/pages/{text}", Authorization=f"Bearer {text}")
        yield request("GET", f"/zones?token={text}&{text}=1", Authorization=f"Bearer {text}")
        yield request("GET", f"/{text}/{text}?{text}")
        yield request("GET", f"http://host/{text}")
        yield request("POST", "/pages", json.dumps({"call": text, text: text}), Authorization=f"Bearer {text}")
        yield request("POST", "/calls", text, Authorization=f"Bearer {text}")
        yield request("POST", "/sessions", json.dumps({"machine": text}))
        yield request("POST", "/grade", json.dumps({"name": text, text: []}))
        for field in ("X-Request-Id", "traceparent", "User-Agent", "Referer", "Accept", "Content-Type", "If-Match",
                      "Idempotency-Key", "Last-Event-ID", "Origin", text):
            yield request("POST", "/pages", "{}", **{"Authorization": f"Bearer {token}", field: text})
        yield f"GET /{text}%zz HTTP/1.1\r\nHost: x\r\n\r\n"
        yield f"GET /zones HTTP/1.1\r\nHost: {text}\r\nHost: {text}\r\n\r\n"
        yield f"{text} /zones HTTP/1.1\r\nHost: x\r\n\r\n"
        yield f"GET /zones?{text}={'x' * 7000} HTTP/1.1\r\nHost: x\r\n\r\n"
        yield f"Authorization: Bearer {text}\r\n\r\n"


@check
def no_token_is_ever_logged(binary):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        with path.open("w") as log, Server(binary, "--log-level", "trace", "--log-format", "json", "--data", f"{folder}/data", stderr=log) as server:
            booted = server.ask("POST", "/sessions", '{"machine":"classroom"}').json
            tokens = [booted["token"], booted["view_token"]]
            sent = 0
            for token in tokens:
                for text in places_for(token):
                    with server.connect() as connection:
                        connection.socket.settimeout(5)
                        connection.send(text)
                        connection.read()
                        sent += 1
            assert server.ask("GET", "/zones", Authorization=f"Bearer {tokens[0]}").status == 200
            text = logged(server, path)
        text += path.read_text()
        secrets = {token[4 + 16:].lower() for token in tokens}
        forms = {form for secret in secrets for form in (secret, base64.b64encode(secret.encode()).decode())}
        for form in forms:
            assert form not in text.lower(), [line for line in text.splitlines() if form in line.lower()][:3]
        lines = [json.loads(line) for line in text.splitlines()]
        assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines), lines[:3]
        requests = [line for line in lines if line["message"] == "request"]
        assert len(requests) > sent // 2, (len(requests), sent)
        assert all({"method", "route", "status", "microseconds", "client"} <= line.keys() for line in requests), requests[:3]
        routes = {line["route"] for line in requests}
        assert {"/zones", "/pages", "/sessions/{id}", "(none)"} <= routes, routes


@check
def requests_are_logged_only_at_debug(binary):
    for level, expected in (("info", 0), ("debug", 3)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log"
            with path.open("w") as log, Server(binary, "--log-level", level, stderr=log) as server:
                for _ in range(3):
                    server.ask("GET", "/readyz")
            lines = path.read_text().splitlines()
            found = [line for line in lines if " request " in line and "route=/readyz" in line and "status=200" in line]
            assert len(found) == expected, lines
            assert any("listening" in line for line in lines) and any("stopping" in line for line in lines), lines


@check
def log_that_nobody_reads_holds_up_no_request(binary):
    reader, writer = os.pipe()
    with Server(binary, "--log-level", "debug", stderr=writer) as server, server.connect() as connection:
        os.close(writer)
        rounds, batch = 60, 200
        begin = time.monotonic()
        for _ in range(rounds):
            connection.send(request("GET", "/healthz") * batch)
            for _ in range(batch):
                assert connection.read().status == 200
        assert time.monotonic() - begin < 60
        # Somebody reads again, and hears how much is missing.
        text = b""
        while b"log lines were lost" not in text:
            part = os.read(reader, 1 << 20)
            assert part, text[-500:]
            text += part
        lost = int(re.search(rb"log lines were lost count=(\d+)", text).group(1))
        written = text.count(b"route=/healthz")
        assert 0 < lost and lost + written == rounds * batch, (lost, written)
        # And a log whose reader has gone ends nothing.
        os.close(reader)
        assert all(server.ask("GET", "/healthz").status == 200 for _ in range(5))


@check
def closed_standard_error_gets_no_other_file(binary):
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", folder, "--log-level", "debug"]
        with Server(binary, *options, preexec_fn=lambda: (os.close(0), os.close(2))) as server:
            assert server.ask("POST", "/pages", "{}", **server.boot()).status == 201
            links = {number: os.readlink(f"/proc/{server.process.pid}/fd/{number}") for number in (0, 2)}
            assert set(links.values()) == {"/dev/null"}, links


def refusal(binary, *options, **variables):
    """What is said of a start that must be refused."""
    result = subprocess.run([binary, "serve", *options], env={**os.environ, **variables}, capture_output=True, text=True, timeout=20, cwd=ROOT)
    assert result.returncode == 64, (options, variables, result)
    return result.stderr


@check
def options_come_from_the_environment_too(binary):
    names = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, timeout=20).stdout, re.M)
    options = [name for name in names if name not in ("--help", "--version")]
    assert len(options) >= 18, options
    guide = GUIDE.read_text()
    for option in options:
        variable = "KMEMLAB_" + option[2:].replace("-", "_").upper()
        assert f"`{option}`" in guide and f"`{variable}`" in guide, f"{GUIDE.name} has no {option}, {variable}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        environment = {**os.environ, "KMEMLAB_LOG_FORMAT": "json", "KMEMLAB_MAX_SESSIONS": "1", "KMEMLAB_PORT": "1"}
        with path.open("w") as log, Server(binary, env=environment, stderr=log) as server:
            # The port of the command line has won, and the limit holds.
            assert server.port != 1
            server.boot()
            assert server.ask("POST", "/sessions", "{}").status == 429
        assert all(json.loads(line) for line in path.read_text().splitlines())


@check
def wrong_options_are_refused_by_name(binary):
    assert "KMEMLAB_PORT='tcp://10.0.0.1:80'" in refusal(binary, KMEMLAB_PORT="tcp://10.0.0.1:80")
    assert "Did you mean '--port'" in refusal(binary, KMEMLAB_PROT="1")
    assert "KMEMLAB_LOG_LEVEL='loud'" in refusal(binary, KMEMLAB_LOG_LEVEL="loud")
    assert "--threads must be 1 to 256" in refusal(binary, "--threads", "0")
    assert "KMEMLAB_THREADS='0'" in refusal(binary, KMEMLAB_THREADS="0")
    assert "--max-calls must be" in refusal(binary, "--max-calls", "0")
    assert "--log-format" in refusal(binary, "--log-format", "xml")
