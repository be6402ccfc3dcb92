"""Real tools read the texts of /proc: the Prometheus node exporter, slabtop, vmstat, free.

What they show is compared with the JSON of the same state, number by number.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from support import Server, check

FILES = ["buddyinfo", "meminfo", "slabinfo", "zoneinfo"]
SHIM = Path(__file__).with_name("proc_shim.c")
CALLS = ["alloc_pages(GFP_KERNEL, 3)", "alloc_page(GFP_HIGHUSER)", "alloc_page(GFP_DMA)", "kmalloc(100, GFP_KERNEL)",
         'kmem_cache_create("tool_test", 600, 0, SLAB_HWCACHE_ALIGN, NULL)', "vmalloc(20000)", "kmalloc(20000, GFP_KERNEL)"]


class Machine:
    """A machine on which something has happened, and its texts in a folder."""

    def __init__(self, server, folder, machine):
        self.server, self.fields, self.folder = server, server.boot(machine=machine, slab_nomerge=True), folder
        calls = CALLS + ["kmem_cache_alloc(tool_test, GFP_KERNEL)"] * 70 + ["kmalloc(40, GFP_ATOMIC)"] * 200
        answer = server.ask("POST", "/calls", json.dumps([{"call": call} for call in calls]), **self.fields)
        assert answer.status == 200, answer
        for name in FILES:
            (Path(folder) / name).write_bytes(self.get(f"/proc/{name}").body)

    def get(self, path):
        answer = self.server.ask("GET", path, **self.fields)
        assert answer.status == 200, answer
        return answer

    @property
    def caches(self):
        entries, cursor = [], "0"
        while cursor:
            page = self.get(f"/caches?limit=100&cursor={cursor}").json
            entries, cursor = entries + page["caches"], page["next"]
        return {each["name"]: each for each in entries}


def each_machine(binary):
    """A machine of each kind, with its folder."""
    with Server(binary) as server:
        for kind in ("i386", "x86_64"):
            with tempfile.TemporaryDirectory() as folder:
                yield Machine(server, folder, kind)


def exported(folder):
    """What the node exporter shows of a folder: values by name and labels."""
    exporter = shutil.which("prometheus-node-exporter")
    assert exporter, "prometheus-node-exporter is not installed (make test-deps)"
    flags = [f"--collector.{name}" for name in FILES] + ["--collector.disable-defaults", "--web.disable-exporter-metrics"]
    process = subprocess.Popen(
        [exporter, "--path.procfs", folder, "--web.listen-address", "127.0.0.1:0", *flags],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            match = re.search(r"address=127\.0\.0\.1:(\d+)", line)
            if match:
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{match.group(1)}/metrics", timeout=20) as answer:
            text = answer.read().decode()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    values = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-zA-Z_0-9]+)(?:\{(.*)\})? (\S+)", line).groups()
            values[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels or ""))] = float(value)
    for name in FILES:
        assert values["node_scrape_collector_success", frozenset({("collector", name)})] == 1, text
    return values


@check
def node_exporter_reads_what_the_snapshots_say(binary):
    for machine in each_machine(binary):
        values = exported(machine.folder)
        compared = 0

        def same(expected, name, **labels):
            nonlocal compared
            found = values[name, frozenset(labels.items())]
            assert found == expected, f"{name} {labels}: {found}, not {expected}"
            compared += 1

        for zone in machine.get("/buddy").json["zones"]:
            for area in zone["free_areas"]:
                same(area["nr_free"], "node_buddyinfo_blocks", node="0", zone=zone["name"], size=str(area["order"]))
        for zone in machine.get("/zones").json["zones"]:
            labels = {"node": "0", "zone": zone["name"]}
            same(zone["nr_free_pages"], "node_zoneinfo_nr_free_pages", **labels)
            for mark in ("min", "low", "high"):
                same(zone["watermark"][mark], f"node_zoneinfo_{mark}_pages", **labels)
            for name in ("spanned", "present", "managed"):
                same(zone[f"{name}_pages"], f"node_zoneinfo_{name}_pages", **labels)
            for index, pages in enumerate(zone["lowmem_reserve"]):
                same(pages, f"node_zoneinfo_protection_{index}", **labels)
        for name, cache in machine.caches.items():
            same(cache["active_objects"], "node_slabinfo_active_objects", slab=name)
            same(cache["total_objects"], "node_slabinfo_objects", slab=name)
            same(cache["size"], "node_slabinfo_object_size_bytes", slab=name)
            same(cache["objects_per_slab"], "node_slabinfo_objects_per_slab", slab=name)
            same(1 << cache["order"], "node_slabinfo_pages_per_slab", slab=name)
        free = sum(zone["nr_free_pages"] for zone in machine.get("/zones").json["zones"])
        managed = sum(zone["managed_pages"] for zone in machine.get("/zones").json["zones"])
        same(free * 4096, "node_memory_MemFree_bytes")
        same(managed * 4096, "node_memory_MemTotal_bytes")
        assert compared > 300, compared


def shown(folder, *command):
    """What a program of procps prints that reads a folder's files as /proc."""
    with tempfile.TemporaryDirectory() as place:
        shim = Path(place) / "shim.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", shim, SHIM, "-ldl"], check=True)
        environment = {**os.environ, "LD_PRELOAD": str(shim), "PROC_SHIM": folder, "LC_ALL": "C", "TERM": "dumb"}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    assert result.returncode == 0, (command, result.returncode, result.stderr)
    return result.stdout.splitlines()


@check
def slabtop_shows_the_caches(binary):
    for machine in each_machine(binary):
        lines = shown(machine.folder, "slabtop", "-o", "-s", "n")
        caches, seen = machine.caches, set()
        active = sum(cache["active_objects"] for cache in caches.values())
        total = sum(cache["total_objects"] for cache in caches.values())
        slabs = sum(cache["nr_slabs"] for cache in caches.values())
        text = "\n".join(lines)
        assert re.search(rf"Objects \(% used\)\s+: {active} / {total} ", text), text[:600]
        assert re.search(rf"Slabs \(% used\)\s+: {slabs} / {slabs} ", text), text[:600]
        for line in lines:
            row = re.fullmatch(r"\s*(\d+)\s+(\d+)\s+(\d+)%\s+([\d.]+)K\s+(\d+)\s+(\d+)\s+(\d+)K\s+(\S+)\s*", line)
            if row:
                cache = caches[row[8]]
                pages = cache["nr_slabs"] << cache["order"]
                expected = (cache["total_objects"], cache["active_objects"], cache["nr_slabs"], cache["objects_per_slab"], pages * 4)
                assert tuple(int(row[index]) for index in (1, 2, 5, 6, 7)) == expected, (line, cache)
                assert row[4] == f"{cache['size'] / 1024:.2f}", (line, cache)
                seen.add(row[8])
        assert "tool_test" in seen and len(seen) > 20, seen


@check
def vmstat_m_shows_the_caches(binary):
    for machine in each_machine(binary):
        rows = [line.split() for line in shown(machine.folder, "vmstat", "-m")]
        caches, seen = machine.caches, set()
        for name, *numbers in rows:
            if len(numbers) == 4 and numbers[0].isdigit():
                # vmstat cuts names at 24 characters.
                cache = next(cache for each, cache in caches.items() if each[:24] == name)
                expected = [cache["active_objects"], cache["total_objects"], cache["size"], cache["objects_per_slab"]]
                assert list(map(int, numbers)) == expected, (name, numbers, expected)
                seen.add(name)
        assert "tool_test" in seen and len(seen) == len(caches), (len(seen), len(caches))


@check
def free_shows_the_memory(binary):
    for machine in each_machine(binary):
        rows = {line.split(":")[0]: line.split()[1:] for line in shown(machine.folder, "free", "-k", "-l")}
        zones = machine.get("/zones").json["zones"]
        managed, free = (4 * sum(zone[name] for zone in zones) for name in ("managed_pages", "nr_free_pages"))
        assert rows["Mem"][0] == str(managed) and rows["Mem"][2] == str(free), (rows, managed, free)
        high = [zone for zone in zones if zone["name"] == "HighMem"]
        expected = [4 * sum(zone[name] for zone in high) for name in ("managed_pages", "nr_free_pages")]
        assert [int(rows["High"][index]) for index in (0, 2)] == expected, (rows, expected)
