"""Clients that load a server, each with sessions of its own, and write down what they were answered."""

import json
import random
import threading

from logs import LogWriter
from servers import Connection, Cut

MACHINES = ['{"machine":"classroom"}', '{"machine":"classroom","debug":true}', '{"machine":"classroom","slab":"slab"}',
            '{"machine":"i386","memory":"64M","cpus":2}', '{"machine":"x86_64","memory":"64M"}']
FLAGS = ["GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER", "GFP_KERNEL|__GFP_ZERO", "GFP_DMA"]
SESSIONS = 5
# A session that is longer than this gets no more calls, so that rounds stay short.
LONGEST = 4_000
# Bytes of an answer that are kept under the request's key.
KEPT = 60_000


class Session:
    """What a client knows of one of its sessions."""

    def __init__(self, name, id, token):
        self.name, self.id, self.token = name, id, token
        self.steps = 0
        # Whether it runs nothing until calls are undone.
        self.is_stuck = False
        # Paths of what was made, and addresses that may be written to.
        self.made = []
        self.addresses = []


class Client:
    """One client; it has one request in flight at most."""

    def __init__(self, name, folder, seed, mistakes):
        self.name = name
        self.random = random.Random(f"{seed} {name}")
        self.log = LogWriter(folder / f"{name}.jsonl")
        self.sessions = {}
        self.count = 0
        self.answered = 0
        self.mistakes = mistakes
        # The entry whose answer has not come: its session, what it makes, whether it ends it.
        self.in_flight = None
        # The last request that was answered under a key: its session, the request, and the answer.
        self.keyed = None
        self.keys = 0

    def start(self, port):
        """Loads a server until that ends."""
        thread = threading.Thread(target=self._run, args=(port,), daemon=True)
        thread.start()
        return thread

    def settle(self, found):
        """Notes whether the request that was in flight is there."""
        self.log.write(found=found)
        session, makes, ends = self.in_flight
        self.in_flight = None
        if ends and found:
            self.sessions.pop(session)

    def _run(self, port):
        try:
            with Connection(port) as connection:
                self._repeat(connection)
                while True:
                    self._ask(connection)
        except Cut:
            pass
        except Exception as error:
            self.mistakes.append(f"{self.name}: {error!r}")

    def _repeat(self, connection):
        """Sends the last request with a key again, to a server that may have been started since."""
        if not self.keyed or self.keyed[0] not in self.sessions:
            return
        _, request, answer = self.keyed
        status, fields, text = connection.ask(*request)
        if (status, text) != answer or fields.get("idempotency-replayed") != "true":
            raise AssertionError(f"{request} was answered {answer}, and again {status} {fields} {text}")

    def _key(self, session, method, makes):
        """A key for some of the requests that may come again."""
        if not session or method != "POST" or makes or self.random.random() < 0.5:
            return None
        self.keys += 1
        return f"{self.name}-{self.keys}"

    def _ask(self, connection):
        session, method, path, body, makes = self._choose()
        name = session.name if session else None
        token = session.token if session else None
        ends = path == "/sessions/{id}"
        self.log.write(session=name, method=method, path=path, body=body, **({"makes": makes} if makes else {}))
        self.in_flight = (name, makes, ends)
        target = path.replace("{id}", session.id) if session else path
        key = self._key(session, method, makes)
        request = (method, target, token, body, key)
        status, fields, text = connection.ask(*request)
        if status >= 500:
            raise AssertionError(f"{method} {path} {body[:200]}: {status} {text}")
        if makes and status == 201:
            answer = json.loads(text)
            self.sessions[makes] = Session(makes, answer["id"], answer["token"])
            self.sessions[makes].steps = answer["step"]
            self.log.write(status=status, id=answer["id"], token=answer["token"], view=answer["view_token"])
        else:
            self.log.write(status=status, body=text)
        self.in_flight = None
        if key and status < 300 and len(text) < KEPT:
            self.keyed = (name, request, (status, text))
        self.answered += 1
        if ends and status == 204:
            self.sessions.pop(name)
        elif session and not makes:
            self._learn(session, status, fields, text)

    def _learn(self, session, status, fields, text):
        session.is_stuck = status == 409
        if status == 201 and "location" in fields:
            session.made = session.made[-60:] + [fields["location"]]
        if status >= 300:
            return
        answer = json.loads(text)
        if isinstance(answer, dict):
            session.steps = answer["step"]
            address = answer["page"]["address"] if "page" in answer else answer.get("returned")
            if isinstance(address, str) and address.startswith("0x"):
                session.addresses = session.addresses[-20:] + [address]
        elif answer and answer[-1]["step"] is not None:
            session.steps = answer[-1]["step"]

    # What to ask for.

    def _choose(self):
        """A session, a method, a path, a body, and the name of the session that it makes."""
        draw = self.random
        if len(self.sessions) < 2 or draw.random() < 0.004 and len(self.sessions) < SESSIONS:
            return None, "POST", "/sessions", draw.choice(MACHINES), self._new_name()
        session = draw.choice(list(self.sessions.values()))
        if session.steps > LONGEST or draw.random() < 0.002:
            return session, "DELETE", "/sessions/{id}", "", None
        if draw.random() < 0.006 and len(self.sessions) < SESSIONS:
            step = draw.choice(["", json.dumps({"step": draw.randint(0, session.steps)})])
            return session, "POST", "/sessions/{id}/fork", step, self._new_name()
        return (session, *self._call(session), None)

    def _new_name(self):
        self.count += 1
        return f"{self.name}-{self.count}"

    def _call(self, session):
        draw = self.random
        if session.is_stuck and draw.random() < 0.8:
            return "POST", "/undo", json.dumps({"steps": draw.randint(1, 4)})
        kind = draw.choices(
            ["pages", "kmalloc", "vmalloc", "free", "memory", "batch", "lines", "call", "undo", "redo"],
            [25, 12, 6, 25, 12, 5, 2, 8, 6, 3])[0]
        match kind:
            case "pages":
                order = draw.choice([0, 0, 0, 1, 2, 3, 5])
                return "POST", "/pages", json.dumps({"gfp": draw.choice(FLAGS), "order": order})
            case "kmalloc":
                return "POST", "/kmalloc", json.dumps({"size": draw.randint(1, 9_000), "gfp": draw.choice(FLAGS[:2])})
            case "vmalloc": return "POST", "/vmalloc", json.dumps({"size": draw.randint(1, 60_000)})
            case "free" if session.made:
                return "DELETE", session.made.pop(draw.randrange(len(session.made))), ""
            case "memory" if session.addresses:
                text = draw.randbytes(draw.choice([1, 8, 64, 1_000])).hex()
                return "PUT", f"/memory/{draw.choice(session.addresses)}", json.dumps({"hex": text})
            case "undo" | "redo":
                steps = draw.choice([1, 1, 2, 5, draw.randint(1, 200)])
                return "POST", f"/{kind}", json.dumps({"steps": steps})
            case "batch": return "POST", "/calls", json.dumps(self._batch(session))
            case "lines":
                return "POST", "/calls", "".join(json.dumps(call) + "\n" for call in self._batch(session))
            case _: return "POST", "/calls", json.dumps(self._any(session))

    def _batch(self, session):
        return [self._any(session) for _ in range(self.random.choice([2, 5, 20, 100]))]

    def _any(self, session):
        draw = self.random
        address = draw.choice(session.addresses) if session.addresses else "0xc0100000"
        return {"call": draw.choice([
            f"alloc_pages(GFP_KERNEL, {draw.randint(0, 3)})", f"kmalloc({draw.randint(1, 5_000)}, GFP_KERNEL)",
            f"vmalloc({draw.randint(1, 20_000)})", f"kfree({address})", f"memset({address}, {draw.randint(0, 255)}, 16)",
            f"kmem_cache_create(\"cache{draw.randint(0, 40)}\", {draw.randint(8, 500)}, 0, 0, NULL)", "spin_lock(a)",
            "spin_unlock(a)", "preempt_disable()", "preempt_enable()", "get_zeroed_page(GFP_KERNEL)",
            f"load({address}, 4)"])}
