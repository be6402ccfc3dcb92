"""The core without HTTP: instructions, nanoseconds, heap, copies."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass

from . import callgrind
from .servers import HERE, WORK

BINARY = HERE / ".build/release/corebench"
TIMINGS = 5


@dataclass
class PairCost:
    """An allocation and its free: of a block of pages by its order, or of bytes by their number."""

    what: str
    size: int
    held: int
    functions: Counter
    nanoseconds: float
    allocations: float

    @property
    def name(self) -> str:
        """What was allocated."""
        return f"order {self.size}" if self.what == "pairs" else f"{self.what} {self.size}"

    @property
    def instructions(self) -> float:
        """Of both calls together."""
        return self.functions.total()


@dataclass
class CopyCost:
    """A copy of a machine with 100,000 live pages, and the first write to it."""

    nanoseconds: float
    write_nanoseconds: float
    write_bytes: float


def pairs() -> list[PairCost]:
    """The orders of the targets, and 1,000 pages held."""
    return [_pair("pairs", order, held)
            for order, held in [(0, 1), (0, 1_000), (3, 1), (5, 1), (10, 1)]]


def objects() -> list[PairCost]:
    """The sizes of the targets, and 1,000 objects held."""
    return [_pair("kmalloc", size, held) for size, held in [(64, 1), (64, 1_000), (4096, 1)]]


def mappings() -> list[PairCost]:
    """A load that the TLB knows, and areas with the size of the target and of a page."""
    return [_mapping("load", 8), _mapping("vmalloc", 16 * 4096), _mapping("vmalloc", 4096)]


def _mapping(what: str, size: int) -> PairCost:
    few, count = 500, 2_000
    arguments = [what] if what == "load" else [what, size]
    fewer, more = (callgrind.run(_command(arguments + [number])) for number in (few, few + count))
    return PairCost(
        what, size, 1, callgrind.difference(more, fewer, count),
        _nanoseconds(arguments + [50_000]), 0)


def copies() -> CopyCost:
    """Measures copies."""
    (_, fewer), (_, more) = (_heap(["writes", count]) for count in (10, 110))
    return CopyCost(
        nanoseconds=_nanoseconds(["copies", 1_000]),
        write_nanoseconds=_nanoseconds(["writes", 1_000]),
        write_bytes=(more - fewer) / 100)


def _pair(what: str, size: int, held: int) -> PairCost:
    few, count = 2_000, 10_000
    runs = [[what, size, held, number] for number in (few, few + count)]
    fewer, more = (callgrind.run(_command(run)) for run in runs)
    (blocks, _), (more_blocks, _) = (_heap(run) for run in runs)
    return PairCost(
        what, size, held, callgrind.difference(more, fewer, count),
        _nanoseconds([what, size, held, 500_000]), (more_blocks - blocks) / count)


def _command(arguments: list) -> list[str]:
    return [str(BINARY)] + [str(argument) for argument in arguments]


def _nanoseconds(arguments: list) -> float:
    """The quietest of some runs."""
    runs = (subprocess.run(_command(arguments), check=True, capture_output=True, text=True)
            for _ in range(TIMINGS))
    return min(int(run.stdout) for run in runs) / 1_000


def _heap(arguments: list) -> tuple[int, int]:
    """Blocks and bytes that a run took from the heap."""
    command = ["valgrind", "--tool=dhat", f"--dhat-out-file={WORK / 'dhat.out'}"]
    text = subprocess.run(
        command + _command(arguments), check=True, capture_output=True, text=True).stderr
    size, blocks = re.search(r"Total:\s+([\d,]+) bytes in ([\d,]+) blocks", text).groups()
    return int(blocks.replace(",", "")), int(size.replace(",", ""))
