"""The independent reader: plays what the clients were answered on a server of its own, which has no
journal and is never killed, and compares a server that came back with that one."""

import json

from logs import LogReader
from servers import Connection, Server

# Requests that are on their way to the reader's own server at a time.
AHEAD = 64
PAGE = 5_000


class Difference(Exception):
    """The server is not what the clients' logs say; the text says where."""


class Played:
    """A session on the reader's own server."""

    def __init__(self, answer):
        self.id, self.token = answer["id"], answer["token"]


class Stored:
    """A session on the servers under test."""

    def __init__(self, line):
        self.id, self.token, self.view = line["id"], line["token"], line["view"]


class Reader:
    """Reads the logs of a folder, as far as wanted, and knows what must be there."""

    def __init__(self, binary, folder):
        self.server = Server(binary)
        self.server.wait()
        self.own = Connection(self.server.port)
        self.logs = {path.stem: LogReader(path) for path in sorted(folder.glob("*.jsonl"))}
        # How many entries of each log have been played.
        self.played = dict.fromkeys(self.logs, 0)
        self.sessions = {}
        self.stored = {}
        self.ended = {}
        self.calls = 0

    def close(self):
        """Ends its server."""
        self.own.__exit__()
        self.server.__exit__()

    def check(self, port, limits=None, whole=False):
        """Compares a server with the logs, or with as much of them as was there at some moment.

        - limits: the lengths of the logs at that moment.
        - whole: compare all there is to see, and not only where each session stands.
        - Returns: by log, whether the request that was in flight is there; logs without one are left out.
        """
        found = {}
        with Connection(port) as other:
            for name, log in self.logs.items():
                log.read(limits[name] if limits else None)
                flying = log.entries[-1] if log.entries and log.entries[-1].outcome is None else None
                self._play(log, len(log.entries) - (flying is not None))
                if flying:
                    found[name] = self._find(other, log, flying)
            for name in self.sessions:
                self._compare(other, name, whole)
            for name, session in list(self.ended.items())[-10:]:
                if self._ask(other, "GET", "/zones", session.token)[0] != 401:
                    raise Difference(f"invented: the session {name} has been ended and is there")
        return found

    # Playing.

    def _play(self, log, end):
        """Plays entries that were answered, some of them ahead of the answers."""
        waiting = []
        for entry in log.entries[self.played[log.name]:end]:
            if entry.is_absent:
                continue
            if entry.replayed:
                self._confirm(entry)
            elif entry.makes or entry.ends:
                self._receive(waiting)
                self._single(entry)
            else:
                session = self.sessions[entry.session]
                self.own.send([(entry.method, entry.path, session.token, entry.body)])
                waiting.append(entry)
                if len(waiting) == AHEAD:
                    self._receive(waiting)
        self._receive(waiting)
        self.played[log.name] = max(end, self.played[log.name])

    def _receive(self, waiting):
        for entry in waiting:
            status, _, body = self.own.read()
            entry.replayed = (status, body)
            self._confirm(entry)
        waiting.clear()

    def _single(self, entry):
        """Plays a request that makes or ends a session."""
        session = self.sessions.get(entry.session)
        path = entry.path.replace("{id}", session.id) if session else entry.path
        status, _, body = self.own.ask(entry.method, path, session and session.token, entry.body)
        entry.replayed = (status, body)
        if entry.makes and status == 201:
            self.sessions[entry.makes] = Played(json.loads(body))
            if entry.outcome and "token" in entry.outcome:
                self.stored[entry.makes] = Stored(entry.outcome)
        if entry.ends and status == 204:
            self.sessions.pop(entry.session)
            self.ended[entry.session] = self.stored.pop(entry.session)
        self._confirm(entry)

    def _confirm(self, entry):
        """Compares the answer that the client had with the one of the reader's own server."""
        self.calls += 1
        if entry.outcome is None or "status" not in entry.outcome:
            return
        status, body = entry.replayed
        is_same = entry.outcome["status"] == status
        if "body" in entry.outcome:
            is_same = is_same and entry.outcome["body"] == body
        if not is_same:
            raise Difference(f"answered otherwise: {entry}\n  had {str(entry.outcome)[:600]}\n"
                             f"  wanted {status} {body[:600]}")

    # Comparing.

    def _find(self, other, log, entry):
        """Whether a request that was in flight is there; it is played then."""
        if entry.makes:
            return False  # Nobody has the token of that session.
        is_there = not self._is_same(other, entry.session)
        if is_there:
            if entry.replayed is None:
                if entry.ends:
                    self._single(entry)
                else:
                    session = self.sessions[entry.session]
                    entry.replayed = self.own.ask(entry.method, entry.path, session.token, entry.body)[::2]
            # The session is compared like all others; if it does not stand here either, that says so.
        return is_there

    def _place(self, connection, session):
        """Where a session stands: the hash of its state, its steps with those undone, and the last one's hash."""
        status, _, body = self._ask(connection, "GET", f"/sessions/{session.id}", session.token)
        if status == 401:
            return None
        if status != 200:
            raise Difference(f"GET /sessions/{session.id}: {status} {body}")
        last = json.loads(body)["calls"]
        tags = [self._ask(connection, "GET", path, session.token)[1].get("etag")
                for path in ("/zones", f"/zones?step={last}")]
        return (json.loads(body)["step"], last, *tags)

    def _is_same(self, other, name):
        return self._place(other, self.stored[name]) == self._place(self.own, self.sessions[name])

    def _compare(self, other, name, whole):
        stored, own = self.stored[name], self.sessions[name]
        place, wanted = self._place(other, stored), self._place(self.own, own)
        if place != wanted:
            raise Difference(self._story(name, place, wanted))
        if not whole:
            return
        paths = ["/snapshot", f"/snapshot?step={wanted[1]}"]
        paths += [f"/journal?limit={PAGE}&cursor={start}&step={wanted[1]}" for start in range(0, wanted[1] + 1, PAGE)]
        for path in paths:
            had, expected = (self._ask(*pair)[::2] for pair in [
                (other, "GET", path, stored.token), (self.own, "GET", path, own.token)])
            if had != expected:
                raise Difference(f"{name}: GET {path} differs\n  had {str(had)[:600]}\n  wanted {str(expected)[:600]}")
        if self._ask(other, "GET", "/snapshot", stored.view)[0] != 200:
            raise Difference(f"{name}: its view token is not known")

    def _story(self, name, place, wanted):
        """What kind of difference it is."""
        if place is None:
            return f"lost: the session {name}, which stands at {wanted}"
        kind = "lost" if place[:2] < wanted[:2] else "invented" if place[:2] > wanted[:2] else "another state"
        return f"{kind}: the session {name} stands at (step, last step, hashes) {place} instead of {wanted}"

    def _ask(self, connection, *request):
        answer = connection.ask(*request)
        if answer[0] >= 500:
            raise Difference(f"{request[:2]}: {answer}")
        return answer
