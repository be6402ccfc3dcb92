"""Instructions by function, counted by valgrind's callgrind."""

import re
import subprocess
from collections import Counter
from pathlib import Path

from .servers import WORK

NAME = re.compile(r"\((\d+)\)(?: (.*))?")


def command(output: Path) -> list[str]:
    """How to run a program under callgrind."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}"]


def costs(output: Path) -> Counter:
    """Instructions of each function itself, from callgrind's file."""
    names: dict[str, str] = {}
    result: Counter = Counter()
    function = ""
    is_call = False
    for line in output.read_text(errors="replace").splitlines():
        if line.startswith(("fn=", "cfn=")):
            key, text = NAME.match(line.partition("=")[2]).groups()
            names.setdefault(key, text)
            if line[0] == "f":
                function = names[key]
        elif line.startswith("calls="):
            is_call = True
        elif line[:1] in "0123456789+-*" and line:
            # A position and its cost; behind `calls=` the cost is the callee's.
            if not is_call:
                result[function] += int(line.split()[1]) if " " in line else 0
            is_call = False
    return result


def without_clearing(functions: Counter) -> int:
    """The sum without `memset`, which callgrind counts byte by byte (`rep stosb`)."""
    return sum(cost for name, cost in functions.items() if "memset" not in name)


def difference(more: Counter, fewer: Counter, count: int) -> Counter:
    """What one of `count` more operations costs, by function."""
    names = more.keys() | fewer.keys()
    return Counter({name: (more[name] - fewer[name]) / count for name in names})


def run(arguments: list[str]) -> Counter:
    """Runs a program to its end and counts."""
    output = WORK / "callgrind.out"
    subprocess.run(command(output) + arguments, check=True, capture_output=True)
    return costs(output)


def demangled(functions: Counter, limit: int) -> list[tuple[float, str]]:
    """The most expensive functions by readable names."""
    top = [item for item in functions.most_common(limit) if item[1] >= 1]
    text = "\n".join(name.partition("'")[0] for name, _ in top)
    names = subprocess.run(
        ["swift", "demangle", "--simplified"], input=text, capture_output=True, text=True,
        check=True).stdout.splitlines()
    return [(cost, name) for (_, cost), name in zip(top, names)]
