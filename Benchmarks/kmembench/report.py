"""The table."""

import statistics

from . import journal
from .batches import BatchCost
from .callgrind import demangled
from .cases import POST, ZONES
from .core import CopyCost, PairCost
from .instructions import Instructions
from .load import Pair
from .sessions import SessionCost

# The same case's processor time, then instructions, in times of bare libmicrohttpd's.
CPU_TARGETS = {POST: 1.15, ZONES: 1.3}
INSTRUCTION_TARGETS = {POST: 1.5}
PAIR_TARGETS = {
    ("pairs", 0, 1): 270, ("pairs", 0, 1_000): 400, ("pairs", 5, 1): 800,
    ("pairs", 10, 1): 2_500, ("kmalloc", 64, 1): 200,
    ("load", 8, 1): 120, ("vmalloc", 16 * 4096, 1): 6_562,
}


class Table:
    """Rows of a figure, its target, and whether it is met."""

    def __init__(self):
        self.missed = 0

    def title(self, text: str):
        """Begins a part."""
        print(f"\n{text}")

    def row(self, name: str, figure: str, value: float = 0, target: float | None = None,
            target_text: str = "", strictly: bool = False):
        """Prints a figure at once, since the next may take a while."""
        verdict = ""
        if target is not None:
            is_met = value < target if strictly else value <= target
            self.missed += not is_met
            verdict = "met" if is_met else "MISSED"
        print(f"  {name:<42}{figure:<54}{target_text:<14}{verdict}", flush=True)


def show_load(table: Table, pairs: dict):
    """Requests a second and processor time."""
    table.title("Under load: medians (kmemlab / bare libmicrohttpd / median of the rounds' ratios)")
    for case, pair in pairs.items():
        target = CPU_TARGETS.get(case)
        table.row(
            f"{case.title}: CPU", _beside(pair, "cpu", "us", 2, pair.cpu_ratio), pair.cpu_ratio,
            target, f"<= {target}x" if target else "")
        table.row(
            f"{case.title}: requests/s", _beside(pair, "per_second", "", 0, pair.speed_ratio))


def _beside(pair: Pair, name: str, unit: str, digits: int, ratio: float) -> str:
    left, right = (statistics.median(getattr(load, name)) for load in (pair.product, pair.bare))
    return f"{left:,.{digits}f} {unit} / {right:,.{digits}f} {unit} / {ratio:.2f}x"


def show_instructions(table: Table, counted: dict, has_profile: bool):
    """Instructions of a request."""
    table.title("User instructions per request, memset left out (kmemlab / bare / ratio)")
    for case, instructions in counted.items():
        left, right = instructions.totals
        target = INSTRUCTION_TARGETS.get(case)
        table.row(
            case.title, f"{left:,.0f} / {right:,.0f} / {instructions.ratio:.2f}x",
            instructions.ratio, target, f"<= {target}x" if target else "")
        if has_profile:
            _profile(case.title, instructions.product, 40)


def show_pairs(table: Table, costs: list[PairCost], has_profile: bool):
    """Instructions of the core."""
    table.title("The core: alloc_pages + __free_pages, kmalloc + kfree")
    for cost in costs:
        target = PAIR_TARGETS.get((cost.what, cost.size, cost.held))
        held = f", {cost.held:,} held" if cost.held > 1 else ""
        table.row(
            f"{cost.name}{held}",
            f"{cost.instructions:,.0f} instructions, {cost.nanoseconds:.1f} ns",
            round(cost.instructions), target, f"<= {target:,}" if target else "")
        if has_profile:
            _profile(f"{cost.name}{held}", cost.functions, 20)
    # Objects by the thousand need slabs, and a slab's records take memory.
    most = max(cost.allocations for cost in costs if cost.what == "pairs" or cost.held == 1)
    table.row("heap allocations per pair, at most", f"{most:.4f}", most, 0, "0")


def show_mappings(table: Table, costs: list[PairCost], has_profile: bool):
    """Instructions of virtual memory."""
    table.title("The core: a load that the TLB knows, vmalloc + vfree (target: the kernel's own)")
    for cost in costs:
        target = PAIR_TARGETS.get((cost.what, cost.size, cost.held))
        table.row(
            cost.name, f"{cost.instructions:,.0f} instructions, {cost.nanoseconds:.1f} ns",
            round(cost.instructions), target, f"<= {target:,}" if target else "")
        if has_profile:
            _profile(cost.name, cost.functions, 20)


def show_copies(table: Table, cost: CopyCost):
    """Copies of a machine."""
    table.title("The core: a machine with 100,000 live pages")
    table.row("a copy", f"{cost.nanoseconds:.0f} ns", cost.nanoseconds, 1_000, "< 1,000 ns", True)
    table.row(
        "the first write to a copy takes", f"{cost.write_bytes:,.0f} bytes", cost.write_bytes,
        16_384, "< 16,384", True)
    table.row("the first write to a copy, time", f"{cost.write_nanoseconds:,.0f} ns")


def show_sessions(table: Table, cost: SessionCost):
    """New sessions."""
    table.title("A new session, of 10,000")
    table.row(
        "resident memory", f"{cost.bytes:,.0f} bytes", cost.bytes, 32_768, "< 32,768", True)
    median = statistics.median(cost.microseconds)
    table.row(
        "time, as one client waits: median batch",
        f"{median:.1f} us (quietest {min(cost.microseconds):.1f}; {cost.cpu_microseconds:.1f} us CPU)",
        median, 100, "< 100 us", True)


def show_batches(table: Table, costs: list[BatchCost]):
    """Many calls in one request."""
    table.title("A million calls in one POST /calls, on one core: the quietest of three rounds")
    for cost in costs:
        table.row(
            cost.title,
            f"{cost.cpu_per_second:,.0f} calls/s of CPU, {cost.wall_per_second:,.0f} of time",
            -cost.cpu_per_second, -400_000, ">= 400,000")
        table.row(
            f"{cost.title}: answer, resident memory",
            f"{cost.answer_bytes:,} bytes, {cost.resident_bytes:,} bytes")


def show_changes(table: Table, pairs: dict):
    """Changes that are written down."""
    table.title("POST /pages with --data beside :memory: (medians / median of the rounds' ratios)")
    for title, pair in pairs.items():
        table.row(f"CPU, {title}", _beside(pair, "cpu", "us", 2, pair.cpu_ratio), pair.cpu_ratio, 1.2, "<= 1.2x")
        table.row(f"requests/s, {title}", _beside(pair, "per_second", "", 0, pair.speed_ratio))


def show_returns(table: Table, cost: journal.Return):
    """Sessions that come back."""
    table.title(f"A restart with {journal.SESSIONS:,} sessions of 20 calls")
    for name, seconds in cost.starts.items():
        table.row(f"first answer about a session, after {name}", f"{seconds * 1e3:.0f} ms", seconds, 1, "< 1 s", True)
    table.row(
        "first request of a session (median/95%/worst)", journal.summary(cost.waits), max(cost.waits), 5, "< 5 ms", True)
    table.row("the processor's time of it", journal.summary(cost.cpu))
    for name, size in cost.awake_bytes.items():
        table.row(f"memory of one in use: {name}", f"{size:,.0f} bytes")
    for name, size in cost.resident_bytes.items():
        table.row(f"memory of one at rest: {name}", f"{size:,.0f} bytes", size, 24 << 10, "<= 24 KiB")
    table.row(
        f"--memory-limit {journal.LIMIT_MIB}, all asked once",
        f"{cost.limited_peak / (1 << 20):,.0f} MiB at most, {cost.limited_per_second:,.0f}/s",
        cost.limited_peak / (1 << 20), journal.LIMIT_MIB * 1.25, "<= 1.25x")


def show_travel(table: Table, cost: journal.Travel):
    """Looks at earlier steps."""
    table.title(f"GET /zones?step=N of a session of {journal.STEPS:,} mixed calls, {journal.ASKED} random steps")
    table.row("as a client waits (median/95%/worst)", journal.summary(cost.waits), max(cost.waits), 20, "< 20 ms", True)
    table.row("the processor's time of it", journal.summary(cost.cpu), max(cost.cpu), 20, "< 20 ms", True)
    table.row("the session comes back from its journal in", f"{cost.return_seconds * 1e3:.0f} ms")


def _profile(title: str, functions, limit: int):
    print(f"    where the instructions of {title} go:")
    for cost, name in demangled(functions, limit):
        print(f"    {cost:>10,.0f}  {name[:130]}")
