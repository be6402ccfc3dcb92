import KernelMemory

/// Bringing a fresh machine's pool of permanent mappings into a recorded state, by calls.
///
/// Every slot is taken once, round and round as the kernel does: those of the record by their pages, the
/// others by pages that are given up again at the end.
struct KmapStart {
    private var machine: Machine
    private let dump: PkmapDump
    private let slotCount: Int
    private let wanted: [Int: UInt32]
    private var fillers: Set<UInt32> = []
    private var nextFiller: UInt32 = 0
    private var fillerEnd: UInt32 = 0

    /// More users than a recorded slot can have had.
    private static let mostUsers = 100_000

    private init(_ machine: Machine, _ dump: PkmapDump) {
        self.machine = machine
        self.dump = dump
        slotCount = machine.kmapPool.slots.count
        wanted = Dictionary(
            dump.entries.map { ($0.slot, UInt32(truncatingIfNeeded: $0.entry >> 12)) }
        ) { first, _ in first }
        if let high = machine.zones.first(where: { $0.index == 2 }) {
            nextFiller = high.start.rawValue
            fillerEnd = nextFiller + UInt32(high.spanned)
        }
    }

    /// The machine with its pool as recorded.
    ///
    /// - Returns: what is wrong with the record instead.
    static func load(_ dump: PkmapDump, into machine: Machine) -> Result<Machine, Fault> {
        if dump.entries.isEmpty, dump.last == 0 { return .success(machine) }
        var start = KmapStart(machine, dump)
        if let fault = start.fault() ?? start.run() { return .failure(Fault(description: fault)) }
        return .success(start.machine)
    }

    /// Why a pool cannot be brought into a state.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private func fault() -> String? {
        if !(0..<slotCount).contains(dump.last) { return "last_pkmap_nr \(dump.last) is no slot" }
        let high = nextFiller..<fillerEnd
        for entry in dump.entries {
            let pfn = UInt32(truncatingIfNeeded: entry.entry >> 12)
            if !(0..<slotCount).contains(entry.slot) { return "\(entry.slot) is no slot" }
            if !high.contains(pfn) { return "slot \(entry.slot) maps pfn \(pfn), no high memory" }
            if !(1...Self.mostUsers).contains(entry.count) {
                return "slot \(entry.slot) has count \(entry.count)"
            }
        }
        if Set(wanted.values).count != dump.entries.count { return "a slot or a page comes twice" }
        if high.count < dump.entries.count + slotCount {
            return "too little high memory to fill the pool with"
        }
        return nil
    }

    private mutating func run() -> String? {
        for slot in Array(1..<slotCount) + [0] {
            let isLast = slot == dump.last && slot != 0
            if let fault = map(slot, isLast ? nil : wanted[slot]) { return fault }
        }
        if dump.last != 0 {
            giveUpFillers(inSlot: dump.last)
            if let fault = map(dump.last, wanted[dump.last]) { return fault }
        }
        giveUpFillers(inSlot: nil)
        for entry in dump.entries {
            let page = page(wanted[entry.slot] ?? 0)
            for _ in 2..<max(2, entry.count) { _ = machine.apply(.kmap(page)) }
            if entry.count == 1 { _ = machine.apply(.kunmap(page, use: 0)) }
        }
        return nil
    }

    /// Maps a page, or any other, in the slot that is next.
    private mutating func map(_ slot: Int, _ pfn: UInt32?) -> String? {
        let pfn = pfn ?? takeFiller()
        let address = VirtualAddress((machine.layout.pkmapBase ?? 0) + UInt64(slot) << 12)
        let returned = machine.apply(.kmap(page(pfn))).returned
        return returned == .address(address)
            ? nil : "slot \(slot) cannot be filled: kmap returns \(returned)"
    }

    private mutating func takeFiller() -> UInt32 {
        let taken = Set(wanted.values)
        while taken.contains(nextFiller) { nextFiller += 1 }
        defer { nextFiller += 1 }
        fillers.insert(nextFiller)
        return nextFiller
    }

    private mutating func giveUpFillers(inSlot slot: Int?) {
        for used in machine.kmapPool.slots where slot == nil || used.number == slot {
            guard let pfn = used.pfn, fillers.contains(UInt32(truncatingIfNeeded: pfn)) else {
                continue
            }
            _ = machine.apply(.kunmap(page(UInt32(truncatingIfNeeded: pfn)), use: 0))
        }
        _ = machine.apply(.kmapFlushUnused)
    }

    private func page(_ pfn: UInt32) -> PagePointer {
        machine.pagePointer(of: PageFrameNumber(pfn))
    }
}
