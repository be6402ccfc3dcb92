"""What is on the disk after a cut of the power: all that was synced, and any part of what was not.

A small library that is loaded into the server (powercut.c) writes down each write and each sync.
"""

import shutil
import struct
import subprocess
from pathlib import Path

HEAD = struct.Struct("<QQQ")
PAGE = 4096


def library(folder):
    """Builds the library; nothing where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        return None
    path = folder / "powercut.so"
    source = Path(__file__).with_name("powercut.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", path, source, "-ldl"], check=True)
    return path


class Disk:
    """The file of a store as a disk has it, which gets to know of each write by logs of them."""

    def __init__(self):
        self.synced = bytearray()
        # Pages that were written since, and sizes: an offset and bytes, or a size and nothing.
        self.pending = []

    def follow(self, log):
        """Reads on in an open log; a record that has been written in part stays for later."""
        while len(head := log.read(HEAD.size)) == HEAD.size:
            kind, offset, size = HEAD.unpack(head)
            data = log.read(size)
            if len(data) < size:
                head = head + data
                break
            self._take(kind, offset, data)
        log.seek(-len(head), 1)

    def reconcile(self, path):
        """Takes note of what a killed server had written and not yet noted: the system has it, the disk may not."""
        expected = bytearray(self.synced)
        for write in self.pending:
            put(expected, *write)
        real = path.read_bytes() if path.exists() else b""
        if len(real) > len(expected):
            self.pending.append((len(real), None))
            put(expected, len(real), None)
        for start in range(0, len(real), PAGE):
            if real[start:start + PAGE] != expected[start:start + PAGE]:
                self.pending.append((start, real[start:start + PAGE]))

    def cut(self, draw):
        """The bytes of the file after a cut: what was not synced is there or not, page by page."""
        share = draw.choice([0, 0.5, 0.9])
        image = bytearray(self.synced)
        for offset, data in self.pending:
            if draw.random() < share:
                put(image, offset, data)
        return bytes(image)

    def _take(self, kind, offset, data):
        match kind:  # As powercut.c counts them.
            case 1: self.pending += [(offset + at, data[at:at + PAGE]) for at in range(0, len(data), PAGE)]
            case 4: self.pending.append((offset, None))
            case 2: self._sync(lambda offset, data: True)
            case 3:
                page = offset // PAGE
                self._sync(lambda offset, data: data is not None and offset // PAGE == page)
                put(self.synced, offset, data)

    def _sync(self, concerns):
        for write in self.pending:
            if concerns(*write):
                put(self.synced, *write)
        self.pending = [write for write in self.pending if not concerns(*write)]


def put(image, offset, data):
    """Writes bytes, or makes the file as large as the offset says."""
    end = offset + len(data or b"")
    if end > len(image):
        image.extend(bytes(end - len(image)))
    if data:
        image[offset:end] = data
