import KernelMemory

/// A stream of seeded calls of a caller who breaks every rule of virtual memory: areas are freed in
/// their middle, twice and by the wrong function; pages behind mappings are freed and written to by
/// devices; and stores go over page tables and over the kernel's own objects.
///
/// A share of the calls are those of ``WildSlabCalls``.
public struct WildMappingCalls {
    private var random: SeededRandom
    private var slabs: WildSlabCalls
    private var addresses: [UInt64]
    private var pages = [UInt64](repeating: 0, count: 24)
    /// Where entries of page tables and objects of the kernel lie, as they were last looked up.
    private var delicate: [UInt64] = []
    private let ends: [UInt64]
    private let cpus: UInt32
    private let pageStructSize: UInt64
    private let entrySize: UInt64
    private let vmapAreaCache: VirtualAddress
    private var steps = 0

    /// The same seed breaks the same rules on the same machine.
    public init(seed: UInt64, machine: Machine) {
        random = SeededRandom(seed: seed)
        slabs = WildSlabCalls(
            seed: seed ^ 0x51ab, cpus: machine.cpuCount, caches: machine.cacheAddresses)
        let layout = machine.layout
        addresses = [0] + Array(repeating: layout.vmallocStart, count: 47)
        ends = [
            0, 1, .max, .max - 4095, 0xffff_ffff, 0xffff_f000, 0x1_0000_0000, 0x7fff_ffff_f000,
            0x8000_0000_0000, 0xffff_8000_0000_0000, 0xffff_7fff_ffff_f000, layout.pageOffset,
            layout.pageOffset &- 4096, layout.highMemory, layout.highMemory &- 1, layout.memMap,
            layout.vmallocStart, layout.vmallocStart &- 4096, layout.vmallocEnd,
            layout.vmallocEnd &- 4095, layout.pkmapBase ?? 16, layout.fixaddrStart,
            0xffff_ffff_a000_0000, 0xffff_ffff_ff00_0000,
        ]
        cpus = UInt32(machine.cpuCount)
        pageStructSize = machine.architecture.structPageSizeInBytes
        entrySize = UInt64(machine.paging.entrySize)
        vmapAreaCache = machine.cacheAddress(named: "vmap_area") ?? .null
    }

    /// Makes a call; the machine may have halted over it.
    ///
    /// - Returns: the call.
    public mutating func step(_ machine: inout Machine) -> KernelCall {
        if steps % 128 == 0 { lookUpDelicate(machine) }
        steps += 1
        if chance(4) { return slabs.step(&machine) }
        let call = next(machine)
        switch machine.apply(call).returned {
        case .address(let address):
            let index = room(in: addresses)
            addresses[index] = address.rawValue
        case .page(let page):
            let index = room(in: pages)
            pages[index] = page.rawValue
        default: break
        }
        return call
    }

    /// Looks at one address in every way that there is.
    public mutating func look(at machine: Machine) {
        let address = address()
        let count = Int.random(in: 0..<9_000, using: &random)
        _ = (machine.bytes(at: address, count: count), machine.mappedFrame(address))
        _ = machine.firstFault(at: address, count: count)
        _ = machine.faultLines(at: address, isWrite: Bool.random(using: &random))
        _ = (machine.walk(address), machine.vmallocFrames(at: address))
        _ = (machine.vmArea(covering: address), machine.vmAreaFreed(at: address))
        _ = (machine.tlbEntry(for: address), machine.frame(at: address))
        _ = (machine.object(covering: address), machine.physicalAddress(of: address))
        _ = machine.mappedRanges(from: address.rawValue, limit: 100)
        _ = machine.vmAreas(from: address.rawValue, limit: 10)
        _ = (machine.dmaReport?.parts.count, machine.accessReport?.cycles, machine.moduleText)
    }

    private mutating func next(_ machine: Machine) -> KernelCall {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<14: .vmalloc(size: areaSize())
        case 14..<18: .vzalloc(size: areaSize())
        case 18..<22: .vmap(pageList(machine))
        case 22..<32: .vfree(address())
        case 32..<36: .vunmap(address())
        case 36..<38: .vmUnmapAliases
        case 38..<48: .load(address(), width: .random(in: 1...8, using: &random))
        case 48..<56: .memset(address(), byte: byte(), length: length())
        case 56..<68: .store(address(), entries(machine))
        case 68..<71: .freePages(address(), order: .random(in: 0...3, using: &random))
        case 71..<73: .freePagesOf(page(machine), order: .random(in: 0...3, using: &random))
        case 73..<75: .allocPages(.highUser, order: .random(in: 0...2, using: &random))
        case 75: .pageAddress(page(machine))
        case 76..<80: .dma(transfer(machine))
        case 80..<83: .loadModule(module())
        case 83..<85: .deleteModule(module())
        case 85..<89: .access(pattern())
        case 89: .kfree(address())
        case 90: .kmemCacheFree(vmapAreaCache, object: address())
        case 91: chance(10) ? .kmemCacheDestroy(vmapAreaCache) : .ksize(address())
        case 92: .kmemCacheShrink(vmapAreaCache)
        case 93: .splitPage(page(machine), order: .random(in: 0...3, using: &random))
        case 94: .kmalloc(size: .random(in: 1...64, using: &random), .kernel)
        default: .runOn(cpu: .random(in: 0..<cpus, using: &random))
        }
    }
}

// MARK: - Arguments

extension WildMappingCalls {
    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }
    private mutating func byte() -> UInt8 { .random(in: 0...255, using: &random) }

    /// Where to remember what was returned: some are enough, and often the same ones.
    private mutating func room(in list: [UInt64]) -> Int {
        .random(in: 1..<list.count, using: &random)
    }

    private mutating func areaSize() -> UInt64 {
        switch Int.random(in: 0..<40, using: &random) {
        case 0: .random(in: 0...UInt64.max, using: &random)
        case 1: .max - .random(in: 0...5_000, using: &random)
        case 2: .random(in: 0...0x4000_0000, using: &random)
        case 3..<6: .random(in: 0...0x100_0000, using: &random)
        case 6: 0
        default: .random(in: 1...40_000, using: &random)
        }
    }

    private mutating func length() -> UInt32 {
        chance(8) ? .random(in: 0...65_536, using: &random) : .random(in: 0...200, using: &random)
    }

    /// Mostly something that was returned, or lies in or beside it.
    private mutating func address() -> VirtualAddress {
        let base = addresses.randomElement(using: &random)!
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return VirtualAddress(.random(in: 0...UInt64.max, using: &random))
        case 1: return VirtualAddress(.random(in: 0...0xffff_ffff, using: &random))
        case 2:
            let end = ends.randomElement(using: &random)!
            return VirtualAddress(end &+ .random(in: 0...16, using: &random) &- 8)
        case 3, 4: return VirtualAddress(base &+ 4096 &* .random(in: 0...12, using: &random))
        case 5: return VirtualAddress(base &+ .random(in: 0...40_000, using: &random))
        case 6: return VirtualAddress(base &- .random(in: 0...64, using: &random))
        case 7..<10:
            let place = delicate.randomElement(using: &random) ?? base
            return VirtualAddress(place &+ .random(in: 0...16, using: &random) & ~3)
        default: return VirtualAddress(base)
        }
    }

    private mutating func page(_ machine: Machine) -> PagePointer {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return PagePointer(.random(in: 0...UInt64.max, using: &random))
        case 1: return PagePointer(page(machine, .random(in: 0..<machine.frameEnd, using: &random)))
        case 2, 3:
            let area = machine.vmAreas.randomElement(using: &random)
            let frame = area.flatMap { machine.mappedFrame($0.start) } ?? 0
            return PagePointer(page(machine, UInt32(truncatingIfNeeded: frame)))
        case 4:
            let base = pages.randomElement(using: &random)!
            return PagePointer(base &+ .random(in: 0...4, using: &random) &* pageStructSize)
        default: return PagePointer(pages.randomElement(using: &random)!)
        }
    }

    private func page(_ machine: Machine, _ pfn: UInt32) -> UInt64 {
        machine.pagePointer(of: PageFrameNumber(pfn)).rawValue
    }

    private mutating func pageList(_ machine: Machine) -> [PagePointer] {
        let count = chance(20) ? 1_024 : Int.random(in: 0...6, using: &random)
        if chance(2) { return Array(repeating: page(machine), count: count) }
        return (0..<count).map { _ in page(machine) }
    }

    /// What one may write over entries of page tables, over an array of pages, or over a list's links.
    private mutating func entries(_ machine: Machine) -> [UInt8] {
        let count = chance(6) ? 512 : Int.random(in: 1...8, using: &random)
        var bytes: [UInt8] = []
        var value = word(machine)
        for _ in 0..<count {
            if chance(3) { value = word(machine) }
            bytes += (0..<Int(entrySize)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        return bytes
    }

    private mutating func word(_ machine: Machine) -> UInt64 {
        let flags = [UInt64(0x63), 0x163, 0x67, 0xe3, 0x1e3, 0x61, 0, 1]
            .randomElement(using: &random)!
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .random(in: 0...UInt64.max, using: &random)
        case 1: return 0
        case 2: return page(machine).rawValue
        case 3: return addresses.randomElement(using: &random)!
        case 4: return delicate.randomElement(using: &random) ?? 0
        case 5:
            // A table as what an entry leads to: itself, or another one.
            let table = delicate.randomElement(using: &random) ?? 0
            return (table &- machine.layout.pageOffset) & ~0xfff | flags
        default: return .random(in: 0..<UInt64(machine.frameEnd), using: &random) << 12 | flags
        }
    }

    private mutating func transfer(_ machine: Machine) -> DMARequest {
        let frame = UInt64.random(in: 0..<UInt64(machine.frameEnd), using: &random)
        let mapped = machine.mappedFrame(address()) ?? 0
        let address: UInt64 =
            switch Int.random(in: 0..<8, using: &random) {
            case 0: .random(in: 0...UInt64.max, using: &random)
            case 1: .max - .random(in: 0...8_192, using: &random)
            case 2: UInt64(machine.frameEnd) << 12 - .random(in: 0...8_192, using: &random)
            case 3: (delicate.randomElement(using: &random) ?? 0) &- machine.layout.pageOffset
            case 4, 5: mapped << 12 &+ .random(in: 0...4_096, using: &random)
            default: frame << 12 &+ .random(in: 0...4_096, using: &random)
            }
        return DMARequest(
            address: PhysicalAddress(address),
            length: chance(30) ? .random(in: 0...UInt32.max, using: &random) : length(),
            maskBits: [0, 1, 24, 32, 63, 64, 64, 64, 64, .max].randomElement(using: &random)!,
            direction: chance(3) ? .fromDevice : .toDevice, byte: byte())
    }

    private mutating func module() -> ModuleRequest {
        ModuleRequest(
            name: ["a", "b", "c", "d"].randomElement(using: &random)!, textSize: areaSize(),
            dataSize: areaSize())
    }

    private mutating func pattern() -> AccessPattern {
        let order: AccessPattern.Order =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .random(seed: .random(in: 0...9, using: &random))
            case 1: .list((0..<Int.random(in: 0...5, using: &random)).map { _ in areaSize() })
            default:
                .stride([0, 8, 64, 4096, 4097, .max, areaSize()].randomElement(using: &random)!)
            }
        return AccessPattern(
            start: address(), length: areaSize(), count: .random(in: 0...300, using: &random),
            order: order)
    }

    /// Finds page tables, and objects that the kernel has for itself.
    private mutating func lookUpDelicate(_ machine: Machine) {
        delicate = []
        for table in machine.pageTables.keys.sorted() where table.rawValue < machine.frameEnd {
            guard let address = machine.address(of: table) else { continue }
            for index in 0..<7 as Range<UInt64> {
                let any = UInt64.random(in: 0..<512, using: &random)
                delicate.append(address.rawValue + (index < 4 ? index : any) * entrySize)
            }
        }
        for cache in machine.caches.suffix(40) {
            let slabs = machine.slabs(of: cache, from: PageFrameNumber(0), limit: 1).slabs
            guard let start = slabs.first?.address.rawValue else { continue }
            delicate.append(start &+ .random(in: 0..<4096, using: &random) & ~3)
        }
    }
}
