"""Long answers come in pages: each is bounded, and together they are the whole."""

import json

from support import Server, check


def pages(server, path, key, limit, session):
    """Follows `next` from the first page to the last."""
    cursor, place = None, "cursor" if path == "/journal" else "start"
    while True:
        answer = server.ask("GET", f"{path}?limit={limit}" + (f"&{place}={cursor}" if cursor is not None else ""), **session)
        assert answer.status == 200, answer
        assert 0 < len(answer.json[key]) <= limit, answer
        yield answer.json[key]
        cursor = answer.json["next"]
        if cursor is None:
            return


@check
def frames_tile_every_machine(binary):
    with Server(binary) as server:
        for machine, limit in (("classroom", 3), ("i386", 50), ("x86_64", 50)):
            session = server.boot(machine=machine)
            for call in ("alloc_pages(GFP_KERNEL, 4)", "alloc_pages(GFP_KERNEL, 0)"):
                assert server.ask("POST", "/calls", json.dumps({"call": call}), **session).status == 201
            expect_tiles(server, session, limit)
            assert server.ask("DELETE", "/pages/1?order=5", **session).json["misuse"]
            expect_tiles(server, session, limit)


def expect_tiles(server, session, limit):
    zones = server.ask("GET", "/zones", **session).json["zones"]
    end = max(zone["start_pfn"] + zone["spanned_pages"] for zone in zones)
    pfn = 0
    for runs in pages(server, "/frames", "runs", limit, session):
        for run in runs:
            assert run["pfn"] == pfn and run["count"] > 0, run
            pfn += run["count"]
    assert pfn == end, (pfn, end)


@check
def frames_beyond_the_limit_are_refused(binary):
    with Server(binary) as server:
        session = server.boot()
        for limit in ("0", "-1", "10001", "x", "", "1e3"):
            assert server.ask("GET", f"/frames?limit={limit}", **session).status == 422, limit


@check
def journal_pages_hold_every_call_once(binary):
    with Server(binary) as server:
        session = server.boot()
        for _ in range(25):
            server.ask("POST", "/pages", "{}", **session)
        entries = [entry for page in pages(server, "/journal", "entries", 7, session) for entry in page]
        assert [entry["step"] for entry in entries] == list(range(1, 26)), entries
