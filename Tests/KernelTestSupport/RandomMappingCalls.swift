import KernelMemory

/// A stream of seeded calls of somebody who keeps the rules of virtual memory, and every byte that he
/// has: areas of vmalloc, objects of kmalloc, blocks of pages, and these mapped a second time.
public struct RandomMappingCalls {
    /// Bytes that somebody owns.
    private struct Block {
        enum Origin {
            case vmalloc
            case kmalloc
            case pages(PagePointer, order: UInt32)
        }
        var origin: Origin
        var address: UInt64
        /// Where the same bytes are mapped once more, if they are.
        var alias: UInt64?
        /// What must be there.
        var bytes: [UInt8]
    }

    private var random: SeededRandom
    private var blocks: [Block] = []
    private let cpus: UInt32
    private let pageLimit: Int
    private var livePages = 0

    /// The same seed gives the same calls.
    ///
    /// - Parameter pageLimit: the most pages to own at once.
    public init(seed: UInt64, machine: Machine, pageLimit: Int) {
        random = SeededRandom(seed: seed)
        cpus = UInt32(machine.cpuCount)
        self.pageLimit = pageLimit
    }

    /// Makes a call.
    ///
    /// - Returns: what is wrong with its result; `nil` if nothing is.
    public mutating func step(_ machine: inout Machine) -> String? {
        let kind = Int.random(in: 0..<1_000, using: &random)
        // Now and then the tide turns between growing and shrinking.
        let growth = (machine.step / 700) % 2 == 0 ? 170 : 90
        switch kind {
        case 0..<4: return purge(&machine)
        case 4..<12 where cpus > 1:
            _ = machine.apply(.runOn(cpu: .random(in: 0..<cpus, using: &random)))
            return nil
        case 12..<20: return checkGuardPage(machine)
        case let kind where kind < growth || blocks.isEmpty: return allocate(&machine)
        case let kind where kind < 260: return free(&machine)
        case 260..<280: return map(&machine)
        case 280..<600: return store(&machine)
        case 600..<700: return fill(&machine)
        case 700..<900: return load(machine: &machine)
        default: return compare(machine)
        }
    }

    /// Makes every byte zero, gives everything back and purges the addresses.
    public mutating func finish(_ machine: inout Machine) -> String? {
        while !blocks.isEmpty {
            if let fault = free(&machine, cleans: true) { return fault }
        }
        _ = machine.apply(.vmUnmapAliases)
        return machine.vmAreas.isEmpty ? nil : "areas are left"
    }
}

// MARK: - Owning

extension RandomMappingCalls {
    private mutating func allocate(_ machine: inout Machine) -> String? {
        if livePages > pageLimit { return free(&machine) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: return vmalloc(isZeroed: false, &machine)
        case 3..<6: return vmalloc(isZeroed: true, &machine)
        case 6..<8:
            let size = Int.random(in: 1...9_000, using: &random)
            let isZeroed = Bool.random(using: &random)
            let call: KernelCall =
                isZeroed
                ? .kzalloc(size: UInt64(size), .kernel) : .kmalloc(size: UInt64(size), .kernel)
            return take(machine.apply(call).address, size, .kmalloc, isZeroed, &machine)
        default:
            let order = UInt32.random(in: 0...3, using: &random)
            guard case .page(let page) = machine.apply(.allocPages(.kernel, order: order)).returned
            else { return nil }
            let address = machine.frame(of: page).flatMap { machine.address(of: $0) }
            return take(
                address?.rawValue, 4096 << Int(order), .pages(page, order: order), false, &machine)
        }
    }

    private mutating func vmalloc(isZeroed: Bool, _ machine: inout Machine) -> String? {
        let isLarge = Int.random(in: 0..<40, using: &random) == 0
        let size = Int.random(in: 1...(isLarge ? 300_000 : 24_000), using: &random)
        let call: KernelCall =
            isZeroed ? .vzalloc(size: UInt64(size)) : .vmalloc(size: UInt64(size))
        return take(machine.apply(call).address, size, .vmalloc, isZeroed, &machine)
    }

    /// Checks that nobody has the bytes, and that they are zero if that was asked for.
    private mutating func take(
        _ address: UInt64?, _ size: Int, _ origin: Block.Origin, _ isZeroed: Bool,
        _ machine: inout Machine
    ) -> String? {
        guard let address else { return nil }
        let end = address + UInt64(size)
        for other in blocks {
            for start in [other.address, other.alias].compactMap({ $0 })
            where address < start + UInt64(other.bytes.count) && start < end {
                return "\(VirtualAddress(address)) is somebody else's"
            }
        }
        guard let bytes = machine.bytes(at: VirtualAddress(address), count: size) else {
            return "\(VirtualAddress(address)) is not mapped"
        }
        if isZeroed, bytes.contains(where: { $0 != 0 }) {
            return "\(VirtualAddress(address)) is not zero"
        }
        blocks.append(Block(origin: origin, address: address, alias: nil, bytes: bytes))
        livePages += (size + 4095) >> 12
        return nil
    }

    private mutating func free(_ machine: inout Machine, cleans: Bool = false) -> String? {
        guard !blocks.isEmpty else { return nil }
        let block = blocks.swapRemove(at: Int.random(in: 0..<blocks.count, using: &random))
        livePages -= (block.bytes.count + 4095) >> 12
        for start in [block.address, block.alias].compactMap({ $0 })
        where machine.bytes(at: VirtualAddress(start), count: block.bytes.count) != block.bytes {
            return "bytes at \(VirtualAddress(start)) were changed"
        }
        if cleans {
            for offset in stride(from: 0, to: block.bytes.count, by: 65_536) {
                let length = min(65_536, block.bytes.count - offset)
                _ = machine.apply(
                    .memset(
                        VirtualAddress(block.address + UInt64(offset)), byte: 0,
                        length: UInt32(length)))
            }
        }
        if let alias = block.alias { _ = machine.apply(.vunmap(VirtualAddress(alias))) }
        switch block.origin {
        case .vmalloc: _ = machine.apply(.vfree(VirtualAddress(block.address)))
        case .kmalloc: _ = machine.apply(.kfree(VirtualAddress(block.address)))
        case .pages(let page, let order):
            _ = machine.apply(.freePagesOf(page, order: order))
        }
        return nil
    }

    /// Maps a block of pages a second time.
    private mutating func map(_ machine: inout Machine) -> String? {
        let index = Int.random(in: 0..<blocks.count, using: &random)
        guard case .pages(let page, let order) = blocks[index].origin, blocks[index].alias == nil,
            let first = machine.frame(of: page)
        else { return nil }
        let pages = (0..<UInt32(1) << order).map {
            machine.pagePointer(of: PageFrameNumber(first.rawValue + $0))
        }
        blocks[index].alias = machine.apply(.vmap(pages)).address
        return nil
    }

    /// Purges, after which no TLB may know a freed address.
    private func purge(_ machine: inout Machine) -> String? {
        let freed = machine.unpurgedVmRanges
        _ = machine.apply(.vmUnmapAliases)
        for cpu in 0..<machine.cpuCount {
            for entry in machine.tlb(ofCPU: cpu).entries
            where freed.contains(where: { $0.contains(entry.address.rawValue) }) {
                return "cpu \(cpu) still knows \(entry.address)"
            }
        }
        return machine.lazyVmPages == 0 ? nil : "\(machine.lazyVmPages) pages wait after a purge"
    }
}

// MARK: - Bytes

extension RandomMappingCalls {
    /// A part of a block: which block, where in it, its address by one of its mappings.
    private mutating func place(_ longest: Int) -> (index: Int, range: Range<Int>, UInt64) {
        let index = Int.random(in: 0..<blocks.count, using: &random)
        let block = blocks[index]
        let length = Int.random(in: 1...min(longest, block.bytes.count), using: &random)
        let start = Int.random(in: 0...(block.bytes.count - length), using: &random)
        let base = block.alias.flatMap { Bool.random(using: &random) ? $0 : nil } ?? block.address
        return (index, start..<(start + length), base + UInt64(start))
    }

    private mutating func store(_ machine: inout Machine) -> String? {
        let (index, range, address) = place(500)
        let first = UInt8.random(in: 0...255, using: &random)
        let bytes = range.map { first &+ UInt8(truncatingIfNeeded: $0 &* 7) }
        blocks[index].bytes.replaceSubrange(range, with: bytes)
        return machine.apply(.store(VirtualAddress(address), bytes)).returned == .void
            ? nil : "no store at \(VirtualAddress(address))"
    }

    private mutating func fill(_ machine: inout Machine) -> String? {
        let (index, range, address) = place(12_000)
        let byte = UInt8.random(in: 0...255, using: &random)
        for offset in range { blocks[index].bytes[offset] = byte }
        return machine.apply(
            .memset(VirtualAddress(address), byte: byte, length: UInt32(range.count))
        ).returned == .void ? nil : "no memset at \(VirtualAddress(address))"
    }

    private mutating func load(machine: inout Machine) -> String? {
        let (index, range, address) = place(8)
        let expected = blocks[index].bytes[range].reversed()
            .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let call = KernelCall.load(VirtualAddress(address), width: UInt32(range.count))
        let returned = machine.apply(call).returned
        return returned == .number(expected) ? nil : "\(call): \(returned), not \(expected)"
    }

    private mutating func compare(_ machine: Machine) -> String? {
        let (index, range, address) = place(9_000)
        return machine.bytes(at: VirtualAddress(address), count: range.count)
            == Array(blocks[index].bytes[range])
            ? nil : "other bytes at \(VirtualAddress(address))"
    }

    /// On a copy of the machine, a store that runs into the page behind an area ends it.
    private mutating func checkGuardPage(_ machine: Machine) -> String? {
        guard let block = blocks.randomElement(using: &random), case .vmalloc = block.origin
        else { return nil }
        let end = (block.address + UInt64(block.bytes.count) + 4095) & ~4095
        var copy = machine
        _ = copy.apply(.store(VirtualAddress(end - 2), [1, 2, 3]))
        if copy.oops == nil { return "no guard page at \(VirtualAddress(end))" }
        let last = copy.bytes(at: VirtualAddress(end - 2), count: 2)
        return last == [1, 2] ? nil : "what came before the guard page was not stored"
    }
}

extension Outcome {
    fileprivate var address: UInt64? {
        if case .address(let address) = returned { address.rawValue } else { nil }
    }
}
