import KernelMemory

/// The first place where a machine and a recording of it differ.
public struct Difference: Equatable, Sendable, CustomStringConvertible {
    /// What differs, for example `zone Normal, order 3 Movable list`.
    public let place: String
    /// What the model has.
    public let model: String
    /// What the kernel had.
    public let kernel: String

    /// All three in one line.
    public var description: String { "\(place): model \(model), kernel \(kernel)" }
}

extension Machine {
    /// Compares everything that a full dump records, lists in their order.
    ///
    /// The CPUs' `stat_threshold` is left out: kswapd may change it from another CPU, which no
    /// record of a trace tells (see ``Machine/adoptStatThresholds(of:)``).
    func firstDifference(from recording: MachineRecording) -> Difference? {
        for zone in recording.zones {
            guard let mine = zones.first(where: { $0.index == zone.index }) else {
                return Difference(place: "zone \(zone.index)", model: "empty", kernel: "populated")
            }
            if let difference = mine.firstDifference(from: zone)
                ?? listDifference(zone, mine.name) ?? perCPUDifference(zone, mine)
                ?? pageBlockDifference(zone, mine.name)
            {
                return difference
            }
        }
        return nil
    }

    private func listDifference(_ zone: MachineRecording.Zone, _ name: String) -> Difference? {
        for list in freeLists(zone: zone.index, limit: .max) {
            let recorded =
                zone.freeLists.first {
                    Int($0.order) == list.order && $0.migrateType == Int(list.migrateType.rawValue)
                }?.pfns ?? []
            if let difference = pfnDifference(
                "zone \(name), order \(list.order) \(list.migrateType.name) list",
                list.pfns.map(\.rawValue), recorded)
            {
                return difference
            }
        }
        return nil
    }

    private func perCPUDifference(
        _ zone: MachineRecording.Zone, _ mine: ZoneSnapshot
    ) -> Difference? {
        for (local, snapshot) in zip(zone.perCPU, mine.perCPU) {
            let place = "zone \(mine.name), cpu \(local.cpu)"
            let lists = perCPULists(cpu: local.cpu, zone: zone.index, limit: .max)
            for (list, recorded) in zip(lists, local.lists) {
                let name = "\(place), order \(list.order) \(list.migrateType.name) list"
                if let difference = pfnDifference(
                    name, list.pfns.map(\.rawValue), recorded.map(\.pfn))
                {
                    return difference
                }
            }
            let numbers: [(String, Int32, Int32)] = [
                ("high", snapshot.high, local.high), ("batch", snapshot.batch, local.batch),
                ("free_factor", snapshot.freeFactor, local.freeFactor),
                ("diff_free", snapshot.freeDelta, local.freeDelta),
            ]
            if let found = numbers.first(where: { $0.1 != $0.2 }) {
                return Difference(
                    place: "\(place), \(found.0)", model: "\(found.1)", kernel: "\(found.2)")
            }
        }
        return nil
    }

    private func pageBlockDifference(
        _ zone: MachineRecording.Zone, _ name: String
    ) -> Difference? {
        for (block, recorded) in zip(pageBlocks(zone: zone.index), zone.pageBlockTypes)
        where recorded >= 0 && Int8(block.type.rawValue) != recorded {
            return Difference(
                place: "zone \(name), migrate type of the page block at \(block.pfn.rawValue)",
                model: block.type.name,
                kernel: MigrateType(rawValue: UInt8(recorded))?.name ?? "\(recorded)")
        }
        return nil
    }

    private func pfnDifference(
        _ place: String, _ model: [UInt32], _ kernel: [UInt32]
    ) -> Difference? {
        guard model != kernel else { return nil }
        let index = zip(model, kernel).enumerated().first { $1.0 != $1.1 }?.offset
        let at = index ?? min(model.count, kernel.count)
        let excerpt: ([UInt32]) -> String = { list in
            let from = max(0, at - 2)
            let part = list[min(from, list.count)..<min(at + 3, list.count)]
            return "\(list.count) blocks, from place \(from) on \(Array(part))"
        }
        return Difference(
            place: "\(place), place \(at)", model: excerpt(model), kernel: excerpt(kernel))
    }
}

extension ZoneSnapshot {
    fileprivate func firstDifference(from zone: MachineRecording.Zone) -> Difference? {
        let numbers: [(String, Int, Int)] = [
            ("start", Int(start.rawValue), Int(zone.start)),
            ("spanned", Int(spanned), Int(zone.spanned)),
            ("present", Int(present), Int(zone.present)),
            ("managed", Int(managed), Int(zone.managed)),
            ("watermark_boost", Int(boost), Int(zone.boost)),
            (
                "nr_reserved_highatomic", Int(reservedHighAtomic), Int(zone.reservedHighAtomic)
            ),
            ("nr_free_pages", Int(countedFreePages), Int(zone.freePages)),
            ("flags", Int(flags), Int(zone.flags)),
        ]
        if let found = numbers.first(where: { $0.1 != $0.2 }) {
            return Difference(
                place: "zone \(name), \(found.0)", model: "\(found.1)", kernel: "\(found.2)")
        }
        for (index, mark) in ["min", "low", "high", "promo"].enumerated()
        where watermark[index] != zone.watermark[index] {
            return Difference(
                place: "zone \(name), \(mark) watermark", model: "\(watermark[index])",
                kernel: "\(zone.watermark[index])")
        }
        for index in 0..<4 where lowmemReserve[index] != zone.lowmemReserve[index] {
            return Difference(
                place: "zone \(name), lowmem_reserve[\(index)]", model: "\(lowmemReserve[index])",
                kernel: "\(zone.lowmemReserve[index])")
        }
        return nil
    }
}
