import KernelMemory

/// A stream of seeded slab calls that keep the rules, and what every owner wrote.
public struct RandomSlabCalls {
    /// Bytes that somebody owns.
    private struct Block {
        var address: UInt64
        var size: Int
        var fill: UInt8
        /// The cache; `nil` if kmalloc gave it.
        var cache: VirtualAddress?
    }

    private struct Cache {
        var address: VirtualAddress
        var size: Int
        var constructor: UInt8?
        var live = 0
    }

    private var random: SeededRandom
    private var blocks: [Block] = []
    private var caches: [Cache] = []
    private var nextName = 0
    private let machineCPUs: Int

    private static let masks: [GFPFlags] = [
        .kernel, .kernel, .gfpAtomic, .noWait, .dma, [.kernel, .reclaimable],
    ]
    private static let flags: [CacheFlags] = [
        [], .hardwareCacheAlign, .reclaimAccount, .cacheDMA,
        [.reclaimAccount, .hardwareCacheAlign],
    ]

    /// Makes a few caches on a fresh machine.
    public init(seed: UInt64, cpus: Int, machine: inout Machine) {
        random = SeededRandom(seed: seed)
        machineCPUs = cpus
        for _ in 0..<6 { _ = create(&machine) }
    }

    /// Makes a call.
    ///
    /// - Returns: what is wrong with its result; `nil` if nothing is.
    public mutating func step(_ machine: inout Machine) -> String? {
        // Now and then the tide turns between growing and shrinking.
        let growth = (machine.step / 1_000) % 2 == 0 ? 60 : 35
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0: return create(&machine)
        case 1: return destroy(&machine)
        case 2..<6: return shrink(&machine)
        case 6..<12 where machineCPUs > 1:
            let cpu = UInt32.random(in: 0..<UInt32(machineCPUs), using: &random)
            _ = machine.apply(.runOn(cpu: cpu))
            return nil
        case 12..<30: return move(&machine)
        case let kind where kind / 10 < growth || blocks.isEmpty: return allocate(&machine)
        default: return free(Int.random(in: 0..<blocks.count, using: &random), &machine)
        }
    }

    /// Gives everything back and destroys the caches.
    public mutating func finish(_ machine: inout Machine) -> String? {
        while !blocks.isEmpty {
            let fault = free(Int.random(in: 0..<blocks.count, using: &random), &machine)
            if let fault { return fault }
        }
        for cache in caches { _ = machine.apply(.kmemCacheDestroy(cache.address)) }
        caches = []
        return nil
    }

    private mutating func allocate(_ machine: inout Machine) -> String? {
        let gfp = Self.masks.randomElement(using: &random)!.union(.noWarn)
        let isZeroed = Int.random(in: 0..<4, using: &random) == 0
        let index = Int.random(in: 0..<(caches.count * 2 + 1), using: &random)
        if index < caches.count {
            let cache = caches[index]
            let isZeroed = isZeroed && cache.constructor == nil
            let call: KernelCall =
                isZeroed
                ? .kmemCacheZalloc(cache.address, gfp) : .kmemCacheAlloc(cache.address, gfp)
            guard let address = address(of: machine.apply(call)) else { return nil }
            caches[index].live += 1
            let block = Block(address: address, size: cache.size, fill: 0, cache: cache.address)
            return take(block, isZeroed ? 0 : nil, &machine)
        }
        let isLarge = Int.random(in: 0..<50, using: &random) == 0
        let size = Int.random(in: 1...(isLarge ? 20_000 : 600), using: &random)
        let call: KernelCall =
            isZeroed ? .kzalloc(size: UInt64(size), gfp) : .kmalloc(size: UInt64(size), gfp)
        guard let address = address(of: machine.apply(call)) else { return nil }
        let usable = machine.ksize(of: VirtualAddress(address))
        if usable < UInt64(size) { return "\(call) has only \(usable) bytes" }
        return take(Block(address: address, size: size, fill: 0), isZeroed ? 0 : nil, &machine)
    }

    /// Checks that nobody has the bytes, and writes into them.
    private mutating func take(
        _ block: Block, _ expected: UInt8?, _ machine: inout Machine
    ) -> String? {
        var block = block
        let end = block.address + UInt64(block.size)
        for other in blocks
        where block.address < other.address + UInt64(other.size) && other.address < end {
            return "\(block) overlaps \(other)"
        }
        if let expected, !holds(block, expected, machine) { return "\(block) is not zero" }
        block.fill = UInt8.random(in: 1...255, using: &random)
        write(block, &machine)
        blocks.append(block)
        return nil
    }

    private mutating func free(_ index: Int, _ machine: inout Machine) -> String? {
        let block = blocks.swapRemove(at: index)
        if !holds(block, block.fill, machine) { return "\(block) was written to" }
        let address = VirtualAddress(block.address)
        if let cache = block.cache {
            caches[caches.firstIndex { $0.address == cache }!].live -= 1
            _ = machine.apply(.kmemCacheFree(cache, object: address))
        } else {
            _ = machine.apply(.kfree(address))
        }
        return nil
    }

    private mutating func move(_ machine: inout Machine) -> String? {
        guard let index = blocks.indices.randomElement(using: &random), blocks[index].cache == nil
        else { return nil }
        let size = Int.random(in: 1...1_000, using: &random)
        let old = blocks[index]
        let call = KernelCall.krealloc(
            VirtualAddress(old.address), size: UInt32(size), [.kernel, .noWarn])
        guard let address = address(of: machine.apply(call)) else { return nil }
        _ = blocks.swapRemove(at: index)
        let kept = Block(address: address, size: min(size, old.size), fill: 0)
        if !holds(kept, old.fill, machine) { return "\(call) lost bytes of \(old)" }
        return take(Block(address: address, size: size, fill: 0), nil, &machine)
    }

    private mutating func create(_ machine: inout Machine) -> String? {
        let size = Int.random(in: 0..<8, using: &random) == 0 ? 9_000 : 700
        let fill = UInt8.random(in: 0..<40, using: &random)
        let request = CacheRequest(
            name: "test-\(nextName)", size: UInt32.random(in: 1...UInt32(size), using: &random),
            align: [0, 0, 8, 16, 64, 256].randomElement(using: &random)!,
            flags: Self.flags.randomElement(using: &random)!,
            constructor: fill < 20 ? .none : .fill(fill))
        nextName += 1
        guard let address = address(of: machine.apply(.kmemCacheCreate(request))) else {
            return nil
        }
        if caches.contains(where: { $0.address == VirtualAddress(address) }) {
            // Merged with one of ours: once is enough.
            _ = machine.apply(.kmemCacheDestroy(VirtualAddress(address)))
            return nil
        }
        caches.append(
            Cache(
                address: VirtualAddress(address), size: Int(request.size),
                constructor: fill < 20 ? nil : fill))
        return nil
    }

    private mutating func destroy(_ machine: inout Machine) -> String? {
        guard let index = caches.indices.randomElement(using: &random), caches.count > 3,
            caches[index].live == 0
        else { return nil }
        _ = machine.apply(.kmemCacheDestroy(caches.remove(at: index).address))
        return nil
    }

    private mutating func shrink(_ machine: inout Machine) -> String? {
        guard let cache = caches.randomElement(using: &random) else { return nil }
        let outcome = machine.apply(.kmemCacheShrink(cache.address))
        if case .number(let remains) = outcome.returned, remains == 0, cache.live > 0 {
            return "a cache with \(cache.live) objects in use has no slab"
        }
        return nil
    }

    private func write(_ block: Block, _ machine: inout Machine) {
        _ = machine.apply(
            .memset(
                VirtualAddress(block.address), byte: block.fill, length: UInt32(block.size)))
    }

    private func holds(_ block: Block, _ fill: UInt8, _ machine: Machine) -> Bool {
        let bytes = machine.bytes(at: VirtualAddress(block.address), count: block.size)
        return bytes?.allSatisfy { $0 == fill } ?? false
    }

    private func address(of outcome: Outcome) -> UInt64? {
        if case .address(let address) = outcome.returned { address.rawValue } else { nil }
    }
}
