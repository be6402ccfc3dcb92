"""What clients write down: a line before each request is sent, and one when its answer is there.

    {"session": "c0s1", "method": "POST", "path": "/pages", "body": "{}"}
    {"status": 201, "body": "..."}

A request that makes a session names it (`makes`); the answer to it has the session's id and token
instead of the body. When a request was in flight as the server ended, the reader finds out whether
it is there, and writes that down in place of the answer:

    {"found": true}
"""

import json


class Entry:
    """A request, and what became of it."""

    def __init__(self, line):
        self.session = line["session"]
        self.method, self.path, self.body = line["method"], line["path"], line["body"]
        self.makes = line.get("makes")
        # The line of the answer, or of what was found out.
        self.outcome = None
        # What the reader's own server answered: a status and a body.
        self.replayed = None

    @property
    def ends(self):
        """Whether it ends its session."""
        return self.method == "DELETE" and self.path == "/sessions/{id}"

    @property
    def is_absent(self):
        """Whether it was in flight and has not been done."""
        return self.outcome is not None and self.outcome.get("found") is False

    def __str__(self):
        return f"{self.session}: {self.method} {self.path} {self.body[:200]}"


class LogWriter:
    """The log of one client."""

    def __init__(self, path):
        self.file = open(path, "a", buffering=1)

    def write(self, **line):
        """Writes a line, in one piece."""
        self.file.write(json.dumps(line) + "\n")


class LogReader:
    """Reads a log from where it was left."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.file = open(path, "rb")
        self.entries = []

    def read(self, limit=None):
        """Reads on, up to a length of the file; `entries` then has all that it says."""
        while limit is None or self.file.tell() < limit:
            position = self.file.tell()
            text = self.file.readline()
            if not text.endswith(b"\n"):
                self.file.seek(position)
                return
            line = json.loads(text)
            if "method" in line:
                self.entries.append(Entry(line))
            else:
                self.entries[-1].outcome = line
