import KernelMemory

/// The constants of a machine, from the `hdr` record of a trace.
struct HeaderFields {
    let recording: MachineRecording
    let release: String

    /// Reads them, and refuses a kernel that counts otherwise than the simulated one.
    init(_ fields: RecordFields) throws(DumpFault) {
        release = try fields.text("release")
        try fields.check("release", release.hasPrefix("6.1."), "that of a kernel 6.1")
        let machine = try fields.text("machine")
        let is64Bit = machine == "x86_64"
        try fields.check(
            "machine", is64Bit || ["i386", "i486", "i586", "i686"].contains(machine),
            "\"i686\" or \"x86_64\"")
        for (name, value) in Self.constants(is64Bit) {
            let number: Int = try fields.number(name)
            try fields.check(name, number == value, "\(value)")
        }
        var recording = MachineRecording(
            architecture: is64Bit ? .x86_64 : .i386, layout: try Self.layout(fields, is64Bit))
        recording.cpuCount = try fields.number("cpus_online")
        recording.pageBlockOrder = try fields.number("pageblock_order")
        recording.minFreeKilobytes = try fields.number("min_free_kbytes")
        let config = fields.node["config"]
        recording.debug = config?["CONFIG_DEBUG_VM"]?.number == 1
        recording.slab = config?["CONFIG_SLAB"]?.number == 1 ? .slab : .slub
        self.recording = recording
    }

    private static func constants(_ is64Bit: Bool) -> [(StaticString, Int)] {
        [
            ("PAGE_SIZE", Page.sizeInBytes), ("MAX_ORDER", Order.count), ("MIGRATE_TYPES", 4),
            ("MIGRATE_PCPTYPES", 3), ("NR_PCP_LISTS", 12), ("sizeof_page", is64Bit ? 64 : 32),
        ]
    }

    /// On x86_64 the header does not say where the memory map is; without KASLR it is always at
    /// the same place.
    private static func layout(
        _ fields: RecordFields, _ is64Bit: Bool
    ) throws(DumpFault) -> AddressLayout {
        AddressLayout(
            pageOffset: try fields.address("PAGE_OFFSET"),
            highMemory: try fields.address("high_memory"),
            memMap: is64Bit ? 0xffff_ea00_0000_0000 : try fields.address("mem_map"),
            vmallocStart: try fields.address("VMALLOC_START"),
            vmallocEnd: try fields.address("VMALLOC_END"),
            pkmapBase: is64Bit ? nil : try fields.address("PKMAP_BASE"),
            fixaddrStart: try fields.address("FIXADDR_START"))
    }
}
