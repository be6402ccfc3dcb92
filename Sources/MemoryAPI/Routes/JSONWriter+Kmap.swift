import KernelMemory

/// Mappings of high memory.
extension JSONWriter {
    /// Mappings that are listed in one answer.
    static let mappingLimit = 1_024

    /// Writes the members of the pool as a whole.
    mutating func pool(_ pool: KmapPoolSnapshot, _ machine: borrowing Machine) {
        member("base", addressOrNull: machine.layout.pkmapBase)
        member("slot_count", pool.slots.count)
        member("last_pkmap_nr", pool.last)
        member("used", pool.usedCount)
        member("stale", pool.staleCount)
        member("free", pool.slots.count - pool.usedCount - pool.staleCount)
        array("counts") { json in
            for slot in pool.slots { json.number(slot.count) }
        }
        array("hash") { json in
            for bucket in pool.buckets {
                json.object { json in
                    json.member("bucket", bucket.bucket)
                    json.array("slots") { json in bucket.slots.forEach { json.number($0) } }
                }
            }
        }
    }

    /// Writes the members of a slot of the pool.
    mutating func slot(_ slot: KmapPoolSnapshot.Slot, _ pool: KmapPoolSnapshot) {
        member("slot", slot.number)
        member("address", address: slot.address.rawValue)
        member("count", slot.count)
        member("state", literal: slot.count > 1 ? "used" : slot.count == 1 ? "stale" : "free")
        member("pfn", orNull: slot.pfn)
        member("pte", address: slot.entry)
        array("users") { json in
            for use in pool.uses where use.address == slot.address { json.number(use.step) }
        }
    }

    /// Writes `uses`: each `kmap` without its `kunmap`.
    mutating func kmapUses(_ uses: [KmapPoolSnapshot.Use], _ view: SessionView) {
        array("uses") { json in
            for use in uses.prefix(Self.mappingLimit) { json.object { $0.kmapUse(use, view) } }
        }
        member("uses_truncated", uses.count > Self.mappingLimit)
    }

    /// Writes the members of a `kmap` without its `kunmap`.
    mutating func kmapUse(_ use: KmapPoolSnapshot.Use, _ view: SessionView) {
        member("id", use.step)
        mapped(use.pfn, at: use.address, view.machine)
        member("allocated_at_step", use.step)
        memberCall(view.call(of: use.step))
    }

    /// Writes the members that say which page an address stands for.
    mutating func mapped(
        _ pfn: PageFrameNumber, at address: VirtualAddress, _ machine: borrowing Machine
    ) {
        member("address", address: address.rawValue)
        member("pfn", pfn.rawValue)
        member("zone", literal: machine.architecture.zoneLiteral(machine.zoneIndex(of: pfn)))
        member("struct_page", address: machine.pagePointer(of: pfn).rawValue)
        key("slot")
        let base = machine.layout.pkmapBase ?? .max
        let slot = (address.rawValue &- base) >> 12
        if address.rawValue >= base, slot < 1_024 { number(slot) } else { null() }
    }

    /// Writes the members of a slot for temporary mappings.
    mutating func slot(_ slot: TemporarySlotSnapshot) {
        member("index", slot.index)
        member("type", orNull: slot.type?.name)
        member("address", address: slot.address.rawValue)
        member("pte", address: slot.entry)
        member("pfn", orNull: slot.pfn)
        member("mapping", orNull: slot.mapping?.step)
    }

    /// Writes the members of a temporary mapping.
    mutating func mapping(_ mapping: TemporaryMappingSnapshot, _ view: SessionView) {
        member("id", mapping.step)
        member("function", literal: mapping.isLocal ? "kmap_local_page" : "kmap_atomic")
        member("type", orNull: mapping.type?.name)
        mapped(mapping.pfn, at: mapping.address, view.machine)
        member("cpu", mapping.cpu)
        member("pid", mapping.pid)
        member("allocated_at_step", mapping.step)
        memberCall(view.call(of: mapping.step))
    }
}
