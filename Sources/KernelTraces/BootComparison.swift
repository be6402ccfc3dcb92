import KernelMemory

extension MachineRecording {
    /// Boots a machine of the recorded size and compares what the kernel's formulas gave.
    ///
    /// Compared are zone boundaries, pages present and managed, watermarks, reserves, per-CPU
    /// settings, `min_free_kbytes` and the address layout; not which pages are free, since the
    /// recorded kernel had used some by then.
    ///
    /// - Parameter booted: that machine, if it was booted already.
    func bootDifference(_ booted: Machine? = nil) -> Difference? {
        guard let machine = booted ?? bootConfiguration.map({ Machine($0) }) else {
            return Difference(
                place: "memory size", model: "none fits", kernel: "\(zones.count) zones")
        }
        return layoutDifference(machine)
            ?? zones.lazy.compactMap { zone in
                guard let mine = machine.zones.first(where: { $0.index == zone.index }) else {
                    return Difference(
                        place: "zone \(zone.index)", model: "empty", kernel: "populated")
                }
                return mine.bootDifference(from: zone)
            }.first
    }

    /// The machine that ends where the recorded one does.
    var bootConfiguration: MachineConfiguration? {
        let end = zones.map { UInt64($0.start) + UInt64($0.spanned) }.max() ?? 0
        let above: UInt64 = 0x10_0000
        let frames = end > above ? end - above + 3072 << 8 : end + 32
        return try? MachineConfiguration(
            kind: architecture == .i386 ? .i386 : .x86_64, memoryInMiB: Int(frames >> 8),
            cpuCount: cpuCount, slab: slab)
    }

    private func layoutDifference(_ machine: Machine) -> Difference? {
        if machine.layout != layout {
            return Difference(
                place: "address layout", model: "\(machine.layout)", kernel: "\(layout)")
        }
        if machine.minFreeKilobytes != minFreeKilobytes {
            return Difference(
                place: "min_free_kbytes", model: "\(machine.minFreeKilobytes)",
                kernel: "\(minFreeKilobytes)")
        }
        return nil
    }
}

extension ZoneSnapshot {
    fileprivate func bootDifference(from zone: MachineRecording.Zone) -> Difference? {
        var numbers: [(String, Int, Int)] = [
            ("start", Int(start.rawValue), Int(zone.start)),
            ("spanned", Int(spanned), Int(zone.spanned)),
            ("present", Int(present), Int(zone.present)),
            ("managed", Int(managed), Int(zone.managed)),
        ]
        for index in 0..<4 {
            numbers.append(
                ("watermark \(index)", Int(watermark[index]), Int(zone.watermark[index])))
            numbers.append(
                (
                    "lowmem_reserve[\(index)]", Int(lowmemReserve[index]),
                    Int(zone.lowmemReserve[index])
                ))
        }
        for (mine, local) in zip(perCPU, zone.perCPU) {
            numbers += [
                ("cpu \(local.cpu) high", Int(mine.high), Int(local.high)),
                ("cpu \(local.cpu) batch", Int(mine.batch), Int(local.batch)),
                (
                    "cpu \(local.cpu) stat_threshold", Int(mine.statThreshold),
                    Int(local.statThreshold)
                ),
            ]
        }
        return numbers.first { $0.1 != $0.2 }.map {
            Difference(place: "zone \(name), \($0.0)", model: "\($0.1)", kernel: "\($0.2)")
        }
    }
}
