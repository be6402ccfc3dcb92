extension MachineRecording {
    /// Frames that a recording may name; 16 GiB and the hole below 4 GiB.
    private static let frameLimit: UInt32 = 5 << 20

    /// Checks all that can be said without looking at single frames.
    func validate() throws(RecordingError) {
        try check((1...8).contains(cpuCount), "recording", "1 to 8 CPUs, not \(cpuCount)")
        try check((0..<cpuCount).contains(cpu), "recording", "no CPU \(cpu)")
        try check((2...10).contains(pageBlockOrder), "recording", "pageblock_order 2 to 10")
        try check(!zones.isEmpty && zones.count <= 3, "recording", "one to three zones")
        var end: UInt32 = 0
        var index = -1
        for zone in zones {
            let place = zone.place(architecture)
            try check(
                zone.index > index && zone.index < 3, place, "zones ascend from 0 to 2")
            try check(
                zone.start >= end && zone.spanned > 0 && zone.start < Self.frameLimit
                    && zone.spanned <= Self.frameLimit - zone.start, place,
                "zones ascend and end below frame \(Self.frameLimit)")
            index = zone.index
            end = zone.start + zone.spanned
            try validate(zone, place)
        }
    }

    private func validate(_ zone: Zone, _ place: String) throws(RecordingError) {
        try check(
            zone.managed <= zone.present && zone.present <= zone.spanned && zone.present > 0,
            place, "managed <= present <= spanned, none empty")
        let small: (Int32) -> Bool = { (0...Int32(Self.frameLimit)).contains($0) }
        let numbers = (0..<4).flatMap { [zone.watermark[$0], zone.lowmemReserve[$0]] }
        try check(
            (numbers + [zone.boost, zone.reservedHighAtomic]).allSatisfy(small), place,
            "watermarks, reserves and boost lie between 0 and \(Self.frameLimit)")
        try check(zone.flags <= 3, place, "only the two lowest zone flags are known")
        let first = zone.start >> pageBlockOrder
        let last = (zone.start + zone.spanned - 1) >> pageBlockOrder
        try check(
            zone.pageBlockTypes.count == Int(last - first) + 1, place,
            "\(last - first + 1) page blocks, not \(zone.pageBlockTypes.count)")
        try check(
            zone.pageBlockTypes.allSatisfy { (-1...3).contains($0) }, place,
            "migrate types of page blocks are -1 to 3")
        try check(
            zone.perCPU.map(\.cpu) == Array(0..<cpuCount), place,
            "per-CPU lists of CPUs 0 to \(cpuCount - 1), in this order")
        for local in zone.perCPU { try validate(local, place + ", cpu \(local.cpu)") }
    }

    private func validate(_ local: PerCPU, _ place: String) throws(RecordingError) {
        try check(local.lists.count == 12, place, "twelve lists, not \(local.lists.count)")
        try check(
            (0...Int32(Self.frameLimit)).contains(local.high)
                && (1...0xffff).contains(local.batch), place, "high >= 0 and batch 1 to 65535")
        try check((0...5).contains(local.freeFactor), place, "free_factor 0 to 5")
        try check(
            (0...125).contains(local.statThreshold), place, "stat_threshold 0 to 125")
        try check(
            (-125...125).contains(local.freeDelta), place, "the delta lies within +-125")
    }

    private func check(
        _ holds: Bool, _ place: String, _ reason: @autoclosure () -> String
    ) throws(RecordingError) {
        if !holds { throw RecordingError(place: place, reason: "expected " + reason()) }
    }
}

extension MachineRecording.Zone {
    func place(_ architecture: Architecture) -> String {
        (0..<3).contains(index) ? "zone \(architecture.zoneName(index))" : "zone \(index)"
    }
}
