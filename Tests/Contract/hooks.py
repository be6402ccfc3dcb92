"""What Schemathesis does around its requests: it gives them a session's token, and now and then another session.

A thread's session is replaced when it has ended, when its machine stands, and after some hundred requests, so that random
calls do not meet the same state for ever.
"""

import json
import os
import threading
import urllib.request

import schemathesis

REQUESTS_OF_A_SESSION = 300
MACHINES = [
    {"machine": "classroom", "cpus": 8},
    {"machine": "i386", "cpus": 8},
    {"machine": "classroom", "cpus": 8, "debug": True, "slab": "slab"},
    {"machine": "x86_64", "memory": "64MiB", "cpus": 8},
]
STANDS = [b'"/problems/machine-halted"', b'"/problems/cpu-spins"', b'"/problems/too-many-calls"', b'"/problems/too-many-bytes"']

local = threading.local()
turns = iter(range(1_000_000_000))


def token(base):
    """The thread's token."""
    if getattr(local, "token", None) is None:
        machine = json.dumps(MACHINES[next(turns) % len(MACHINES)]).encode()
        request = urllib.request.Request(f"{base}/sessions", machine, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            local.token, local.requests = json.load(response)["token"], 0
    return local.token


if os.environ.get("KMEMLAB_TOKEN") != "no":

    @schemathesis.auth(refresh_interval=None)
    class SessionToken:
        def get(self, case, context):
            return token(case.operation.base_url.rstrip("/"))

        def set(self, case, data, context):
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def after_call(context, case, response):
    local.requests = getattr(local, "requests", 0) + 1
    has_ended = response.status_code == 401 or (response.status_code == 204 and case.method == "DELETE")
    if has_ended or local.requests >= REQUESTS_OF_A_SESSION or any(mark in response.content for mark in STANDS):
        local.token = None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes keys that may be keys fresh: the same one before another request is rightly refused."""
    key = (case.headers or {}).get("Idempotency-Key")
    least = 16 if case.path.startswith("/sessions") else 1
    if isinstance(key, str) and least <= len(key) <= 255 and all("!" <= character <= "~" for character in key):
        case.headers["Idempotency-Key"] = f"{key}{next(turns)}"[-255:]
