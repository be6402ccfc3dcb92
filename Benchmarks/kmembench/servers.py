"""The two servers: the product, and bare libmicrohttpd that answers the same bytes."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from .client import Answer, Connection, Request

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent
WORK = HERE / ".build"

# As in Sources/MicroHTTPD/ServerConfiguration.swift.
THREADS = 2
CONNECTION_MEMORY = 8192

# libmicrohttpd writes these itself.
OWN_FIELDS = {"date", "content-length", "connection"}


class Server:
    """A server process, from its first line of output to the end of a `with`."""

    def __init__(self, command: list[str], valgrind: list[str] | None = None):
        self.process = subprocess.Popen(
            (valgrind or []) + command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True)
        line = self.process.stdout.readline()
        match = re.search(r"http://[^:]+:(\d+)", line)
        if match is None:
            self.stop()
            raise RuntimeError(f"{command[0]} does not start: {line!r}")
        self.port = int(match.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, number: int = signal.SIGTERM):
        """Ends the process by a signal and waits for it."""
        self.process.send_signal(number)
        self.process.wait()
        self.process.stdout.close()

    @property
    def cpu_microseconds(self) -> float:
        """User and system time so far, all threads."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")

    @property
    def cpu_nanoseconds(self) -> int:
        """The same, to the nanosecond: the process's own clock, `clock_getcpuclockid`."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)

    @property
    def resident_bytes(self) -> int:
        """Resident memory."""
        return self._status("VmRSS")

    @property
    def anonymous_bytes(self) -> int:
        """Resident memory without what only shows files."""
        return self._status("RssAnon")

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", text).group(1)) * 1024


def build():
    """Builds both servers and the benchmark of the core."""
    WORK.mkdir(exist_ok=True)
    subprocess.run(["swift", "build", "-c", "release", "--product", "kmemlab"], cwd=ROOT, check=True)
    # SwiftPM's cached plan does not notice new files in a package that it depends on.
    subprocess.run(
        ["swift", "build", "-c", "release", "--disable-build-manifest-caching"], cwd=HERE,
        check=True)
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-o", WORK / "bare", HERE / "bare.c", "-lmicrohttpd"],
        check=True)
    # Symbols stay; Debian 12's valgrind gives up on the debugging information.
    subprocess.run(
        ["objcopy", "--strip-debug", ROOT / ".build/release/kmemlab", WORK / "kmemlab"], check=True)


def product(valgrind: list[str] | None = None, options: list[str] | None = None) -> Server:
    """The real server, with limits that no benchmark meets, and with more options."""
    limits = ["--max-calls", str(1 << 31), "--max-objects", "1000000000", "--max-sessions", "200000"]
    limits += ["--max-sessions-per-address", "200000", *(options or [])]
    return Server(
        [str(WORK / "kmemlab"), "serve", "--port", "0", "--threads", str(THREADS), *limits], valgrind)


def bare(folder: Path, valgrind: list[str] | None = None) -> Server:
    """The C server with the answers of a folder."""
    command = [str(WORK / "bare"), str(THREADS), str(CONNECTION_MEMORY), str(folder)]
    return Server(command, valgrind)


def new_session(connection: Connection, **machine) -> str:
    """Boots a machine and returns its token."""
    text = "{" + ",".join(f'"{name}":"{value}"' for name, value in machine.items()) + "}"
    return connection.ask(Request("POST", "/sessions", body=text)).json["token"]


def record(folder: Path, post: Answer, delete: Answer, get: Answer):
    """Writes answers of the real server for the C server."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, answer in [("post", post), ("delete", delete), ("get", get)]:
        fields = [f for f in answer.fields if f[0].lower() not in OWN_FIELDS]
        head = [str(answer.status)] + [f"{name}: {value}" for name, value in fields]
        (folder / name).write_bytes("\n".join(head).encode() + b"\n\n" + answer.body)
