import KernelMemory

/// What changed in the page allocator and in the caches.
extension JSONWriter {
    /// Writes `zones`: the free pages of each; of its lists, those whose lengths changed.
    mutating func zoneChanges(_ diff: SessionDiff) {
        array("zones") { json in
            for (before, after) in zip(diff.before.machine.zones, diff.after.machine.zones) {
                json.object { json in json.zoneChange(before, after) }
            }
        }
    }

    private mutating func zoneChange(_ before: ZoneSnapshot, _ after: ZoneSnapshot) {
        member("name", after.name)
        change("free_pages", before.freePages, after.freePages)
        array("free_areas") { json in
            for order in 0..<Order.count
            where before.freeBlocks[order] != after.freeBlocks[order] {
                json.object { json in
                    json.member("order", order)
                    json.change("nr_free", before.freeBlocks[order], after.freeBlocks[order])
                }
            }
        }
        array("per_cpu") { json in
            for (old, new) in zip(before.perCPU, after.perCPU) where old.count != new.count {
                json.object { json in
                    json.member("cpu", new.cpu)
                    json.change("count", old.count, new.count)
                }
            }
        }
    }
}

/// A cache before and after; `nil` where it does not exist.
private struct CacheChange {
    let before: CacheSnapshot?
    let after: CacheSnapshot?

    /// Counts by their names in `GET /caches`.
    static let counts: [(name: StaticString, count: @Sendable (CacheSnapshot) -> UInt32)] = [
        ("nr_slabs", { $0.slabCount }),
        ("pages", { $0.pageCount }),
        ("total_objects", { $0.objectCount }),
        ("active_objects", { $0.activeCount }),
        ("live_objects", { $0.liveCount }),
    ]

    var isAny: Bool {
        Self.counts.contains { _, count in before.map(count) != after.map(count) }
    }

    /// Those that differ, in the order of the later machine's caches, then those that are gone.
    static func all(_ diff: SessionDiff) -> [CacheChange] {
        let (before, after) = (diff.before.machine.caches, diff.after.machine.caches)
        let (old, new) = (byNumber(before), byNumber(after))
        let pairs = after.map { CacheChange(before: old[$0.number]?.same($0), after: $0) }
        let gone = before.filter { new[$0.number]?.same($0) == nil }
        return (pairs + gone.map { CacheChange(before: $0, after: nil) }).filter(\.isAny)
    }

    private static func byNumber(_ caches: [CacheSnapshot]) -> [UInt32: CacheSnapshot] {
        Dictionary(caches.map { ($0.number, $0) }) { first, _ in first }
    }
}

extension CacheSnapshot {
    /// Itself, if it is the cache that another snapshot shows; numbers are used again.
    fileprivate func same(_ other: CacheSnapshot) -> CacheSnapshot? {
        address == other.address && name == other.name ? self : nil
    }
}

extension JSONWriter {
    /// Writes `caches`: those whose slabs or objects changed in number.
    mutating func cacheChanges(_ diff: SessionDiff) {
        bounded("caches", truncated: "caches_truncated", CacheChange.all(diff)) { json, change in
            json.member("name", (change.after ?? change.before)?.name ?? "")
            for (name, count) in CacheChange.counts {
                json.change(name, orNull: change.before.map(count), change.after.map(count))
            }
        }
    }
}
