import KernelMemory

/// Writes a machine down as the records of a trace's header and dump, as the kernel's driver does.
struct DumpWriter {
    private let machine: Machine

    /// The records of a machine on which nobody holds pages by a call.
    static func records(_ machine: Machine) -> [JSON] {
        let writer = DumpWriter(machine: machine)
        let zones = machine.zones.flatMap { writer.records($0) }
        let ends: [JSON] = [
            .object(["t": .string("dump"), "tag": .string("initial"), "lists": .int(1)]),
            .object(["t": .string("enddump"), "tag": .string("initial")]),
        ]
        return [writer.header, ends[0]] + zones + [ends[1]]
    }

    private var header: JSON {
        let layout = machine.layout
        let is64Bit = machine.architecture == .x86_64
        var members: [String: JSON] = [
            "t": .string("hdr"), "release": .string("6.1.192"),
            "machine": .string(is64Bit ? "x86_64" : "i686"), "cpus_online": .int(machine.cpuCount),
            "pageblock_order": .int(machine.pageBlockOrder), "MAX_ORDER": .int(11),
            "PAGE_SIZE": .int(4096), "MIGRATE_TYPES": .int(4), "MIGRATE_PCPTYPES": .int(3),
            "NR_PCP_LISTS": .int(12), "sizeof_page": .int(is64Bit ? 64 : 32),
            "min_free_kbytes": .int(Int(machine.minFreeKilobytes)),
            "PAGE_OFFSET": address(layout.pageOffset), "high_memory": address(layout.highMemory),
            "VMALLOC_START": address(layout.vmallocStart),
            "VMALLOC_END": address(layout.vmallocEnd),
            "FIXADDR_START": address(layout.fixaddrStart),
            "config": .object(["CONFIG_SLAB": .int(0), "CONFIG_DEBUG_VM": .int(0)]),
        ]
        if !is64Bit { members["mem_map"] = address(layout.memMap) }
        if let pkmap = layout.pkmapBase { members["PKMAP_BASE"] = address(pkmap) }
        return .object(members)
    }

    private func address(_ value: UInt64) -> JSON { .string("0x" + String(value, radix: 16)) }

    private func record(_ kind: String, _ zone: ZoneSnapshot, _ members: [String: JSON]) -> JSON {
        .object(members.merging(["t": .string(kind), "zi": .int(zone.index)]) { $1 })
    }

    private func records(_ zone: ZoneSnapshot) -> [JSON] {
        let blocks = machine.pageBlocks(zone: zone.index)
        let counts = (0..<11).map { JSON.int(Int(zone.freeBlocks[$0])) }
        let ranges = [("reserved", reserved(zone)), ("lru_or_movable", []), ("invalid_pfn", [])]
        return [zoneRecord(zone)] + perCPU(zone) + freeLists(zone) + [
            record("nr_free", zone, ["nr": .array(counts)]),
            record(
                "pageblocks", zone,
                [
                    "first": .int(Int(blocks[0].pfn.rawValue)),
                    "step": .int(1 << machine.pageBlockOrder),
                    "mt": .array(blocks.map { .int(Int($0.type.rawValue)) }),
                ]),
        ] + ranges.map { record("ranges", zone, ["what": .string($0.0), "r": .array($0.1)]) }
    }

    private func zoneRecord(_ zone: ZoneSnapshot) -> JSON {
        record(
            "zone", zone,
            [
                "name": .string(zone.name), "start": .int(Int(zone.start.rawValue)),
                "spanned": .int(Int(zone.spanned)), "present": .int(Int(zone.present)),
                "managed": .int(Int(zone.managed)), "boost": .int(Int(zone.boost)),
                "wm": .array((0..<4).map { .int(Int(zone.watermark[$0])) }),
                "lowmem_reserve": .array((0..<4).map { .int(Int(zone.lowmemReserve[$0])) }),
                "nr_reserved_highatomic": .int(Int(zone.reservedHighAtomic)),
                "flags": .int(Int(zone.flags)),
                "nr_free_pages": .int(Int(zone.countedFreePages)),
            ])
    }

    private func perCPU(_ zone: ZoneSnapshot) -> [JSON] {
        zone.perCPU.map { local in
            let lists = machine.perCPULists(cpu: local.cpu, zone: zone.index, limit: .max)
            let entries = lists.map { list in
                JSON.array(list.pfns.map { .array([.int(Int($0.rawValue)), type(of: $0)]) })
            }
            return record(
                "pcp", zone,
                [
                    "cpu": .int(local.cpu), "online": .int(1), "count": .int(Int(local.count)),
                    "high": .int(Int(local.high)), "batch": .int(Int(local.batch)),
                    "free_factor": .int(Int(local.freeFactor)),
                    "diff_free": .int(Int(local.freeDelta)),
                    "stat_threshold": .int(Int(local.statThreshold)), "lists": .array(entries),
                ])
        }
    }

    private func type(of pfn: PageFrameNumber) -> JSON {
        .int(Int(machine.frameRun(at: pfn).migrateType?.rawValue ?? 0))
    }

    private func freeLists(_ zone: ZoneSnapshot) -> [JSON] {
        machine.freeLists(zone: zone.index, limit: .max).filter { $0.count > 0 }.map { list in
            record(
                "free", zone,
                [
                    "order": .int(list.order), "mt": .int(Int(list.migrateType.rawValue)),
                    "pfns": .array(list.pfns.map { .int(Int($0.rawValue)) }),
                ])
        }
    }

    private func reserved(_ zone: ZoneSnapshot) -> [JSON] {
        let first = zone.start.rawValue
        let end = first + zone.spanned
        return machine.frameRuns(from: first, to: end, limit: .max)
            .filter { $0.state == .reserved }.map { run in
                let start = max(run.start.rawValue, first)
                let stop = min(run.start.rawValue + run.count, end)
                return .array([.int(Int(start)), .int(Int(stop - start))])
            }
    }
}
