extension MachineRecording {
    /// Checks that the parts of the address space have their sizes and do not overlap.
    ///
    /// Addresses are turned into frame numbers later without further checks.
    func validateLayout() throws(RecordingError) {
        try validateDirectMap()
        switch architecture {
        case .i386: try validateAreasOfI386()
        case .x86_64: try validateAreasOfX86_64()
        }
    }

    private var frameEnd: UInt32 { zones.map { $0.start + $0.spanned }.max() ?? 0 }
    /// One past the last frame that has a permanent address.
    private var directEnd: UInt32 {
        zones.first { architecture.isHighmem($0.index) }?.start ?? frameEnd
    }

    private func validateDirectMap() throws(RecordingError) {
        let offset = layout.pageOffset
        // With KASLR, x86_64 moves it by whole gigabytes.
        let isRight =
            architecture == .i386
            ? offset == 0xc000_0000
            : (0xffff_8880_0000_0000...0xffff_c000_0000_0000).contains(offset)
                && offset & 0x3fff_ffff == 0
        try check(
            "/PAGE_OFFSET", offset, isRight,
            architecture == .i386
                ? "0xc0000000" : "0xffff888000000000 or some whole GiB above it")
        let end = offset + UInt64(directEnd) << 12
        try check(
            "/high_memory", layout.highMemory, layout.highMemory == end,
            "\(hexadecimal(end)), the end of the direct map")
    }

    private func validateAreasOfI386() throws(RecordingError) {
        let size = UInt64(frameEnd) * architecture.structPageSizeInBytes
        try check(
            "/mem_map", layout.memMap,
            layout.memMap & 31 == 0 && layout.memMap >= layout.pageOffset
                && layout.memMap <= 0xffff_ffff && layout.memMap + size <= layout.highMemory,
            "a multiple of 32 with room for \(size) bytes in the direct map")
        try check(
            "/VMALLOC_START", layout.vmallocStart,
            (layout.highMemory..<0xffff_f000).contains(layout.vmallocStart),
            "an address from high_memory on")
        try check(
            "/VMALLOC_END", layout.vmallocEnd,
            layout.vmallocEnd > layout.vmallocStart && layout.vmallocEnd <= 0xffff_f000,
            "an address above VMALLOC_START")
        guard let pkmap = layout.pkmapBase else {
            throw RecordingError(.header, "/PKMAP_BASE", value: nil, expected: "an address")
        }
        try check(
            "/PKMAP_BASE", pkmap, (layout.vmallocEnd..<0xffff_f000).contains(pkmap),
            "an address from VMALLOC_END on")
        try check(
            "/FIXADDR_START", layout.fixaddrStart,
            (pkmap + 1..<0xffff_f000).contains(layout.fixaddrStart), "an address above PKMAP_BASE")
    }

    private func validateAreasOfX86_64() throws(RecordingError) {
        let vmalloc: Range<UInt64> = layout.highMemory..<0xffff_f000_0000_0000
        try check(
            "/VMALLOC_START", layout.vmallocStart, vmalloc.contains(layout.vmallocStart),
            "an address from high_memory on")
        try check(
            "/VMALLOC_END", layout.vmallocEnd,
            layout.vmallocEnd > layout.vmallocStart && vmalloc.contains(layout.vmallocEnd),
            "an address above VMALLOC_START")
        try check(
            "/mem_map", layout.memMap,
            layout.memMap & 63 == 0 && layout.memMap > layout.vmallocEnd
                && layout.memMap < 0xffff_f000_0000_0000,
            "a multiple of 64 above VMALLOC_END")
        if let pkmap = layout.pkmapBase {
            throw RecordingError(
                .header, "/PKMAP_BASE", value: hexadecimal(pkmap), expected: "none on x86_64")
        }
        try check(
            "/FIXADDR_START", layout.fixaddrStart,
            (0xffff_f000_0000_0000..<0xffff_ffff_ffff_f000).contains(layout.fixaddrStart),
            "an address in the last of the address space")
    }

    private func check(
        _ field: String, _ value: UInt64, _ holds: Bool, _ expected: @autoclosure () -> String
    ) throws(RecordingError) {
        try RecordingRule(record: .header).check(field, hexadecimal(value), holds, expected())
    }
}
