import KernelMemory

/// A stream of seeded slab calls of a caller who breaks every rule: whatever was ever returned, and
/// what lies near it, is freed, freed again, freed elsewhere and written to.
public struct WildSlabCalls {
    private var random: SeededRandom
    private var seen: [UInt64] = [0, 16]
    private var caches: [UInt64]
    private let machineCPUs: UInt32
    private var nextName = 0

    private static let masks: [GFPFlags] = [
        .kernel, .kernel, .gfpAtomic, .noWait, .dma, [.kernel, .reclaimable], [.kernel, .zero],
    ]
    private static let flags: [CacheFlags] = [
        [], [], .hardwareCacheAlign, .reclaimAccount, .cacheDMA, .poison, .redZone, .storeUser,
        [.poison, .redZone, .storeUser, .consistencyChecks], .typesafeByRCU,
    ]

    /// The same seed breaks the same rules. `caches` are those to begin with.
    public init(seed: UInt64, cpus: Int, caches: [VirtualAddress]) {
        random = SeededRandom(seed: seed)
        machineCPUs = UInt32(cpus)
        self.caches = caches.map(\.rawValue)
    }

    /// Makes a call; the machine may have halted over it.
    ///
    /// - Returns: the call.
    public mutating func step(_ machine: inout Machine) -> KernelCall {
        let call = next()
        let outcome = machine.apply(call)
        if case .address(let address) = outcome.returned {
            if case .kmemCacheCreate = call { caches.append(address.rawValue) }
            remember(address.rawValue)
        }
        if case .page(let page) = outcome.returned, let pfn = machine.frame(of: page),
            let address = machine.address(of: pfn)
        {
            remember(address.rawValue)
        }
        return call
    }

    /// Some addresses are enough, and often the same ones.
    private mutating func remember(_ address: UInt64) {
        if seen.count < 60 {
            seen.append(address)
        } else {
            seen[Int.random(in: 2..<60, using: &random)] = address
        }
    }

    private mutating func next() -> KernelCall {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20: .kmalloc(size: size(), gfp())
        case 20..<22: .kzalloc(size: size(), gfp())
        case 22..<24:
            .krealloc(address(), size: UInt32(truncatingIfNeeded: size()), gfp())
        case 24..<40: .kfree(address())
        case 40: .ksize(address())
        case 41..<44: .kmemCacheCreate(request())
        case 44..<56: .kmemCacheAlloc(cache(), gfp())
        case 56: .kmemCacheZalloc(cache(), gfp())
        case 57..<68: .kmemCacheFree(cache(), object: address())
        case 68..<70: .kmemCacheShrink(cache())
        case 70: .kmemCacheDestroy(cache())
        case 71..<80:
            .memset(address(), byte: .random(in: 0...255, using: &random), length: length())
        case 80..<85: .store(address(), pointers())
        case 85: .freePages(address(), order: .random(in: 0...4, using: &random))
        case 86: .getFreePages(gfp(), order: .random(in: 0...4, using: &random))
        case 87: .registerShrinker(cache())
        case 88: .unregisterShrinker(cache())
        case 89..<92: .listLRUAdd(cache(), object: address())
        case 92: .listLRUDel(cache(), object: address())
        case 93: .dropSlab
        case 94: .freeListCreate(request())
        case 95: .freeListGet(list: .random(in: 0..<4, using: &random), gfp())
        case 96: .freeListPut(list: .random(in: 0..<4, using: &random), object: address())
        default: .runOn(cpu: .random(in: 0..<machineCPUs, using: &random))
        }
    }

    private mutating func gfp() -> GFPFlags { Self.masks.randomElement(using: &random)! }

    private mutating func size() -> UInt64 {
        switch Int.random(in: 0..<40, using: &random) {
        case 0: UInt64.random(in: 0...UInt64.max, using: &random)
        case 1: UInt64.random(in: 0...5_000_000, using: &random)
        case 2..<6: UInt64.random(in: 0...20_000, using: &random)
        default: [8, 60, 64, 64, 96, 200, 512, 1_024].randomElement(using: &random)!
        }
    }

    private mutating func length() -> UInt32 {
        Int.random(in: 0..<10, using: &random) == 0
            ? .random(in: 0...65_536, using: &random) : .random(in: 0...200, using: &random)
    }

    /// Mostly something that was returned, or bytes beside it.
    private mutating func address() -> VirtualAddress {
        let base = seen.randomElement(using: &random)!
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return VirtualAddress(.random(in: 0...UInt64.max, using: &random))
        case 1: return VirtualAddress(.random(in: 0...0xffff_ffff, using: &random))
        case 2: return VirtualAddress(base & ~0xfff)
        case 3..<6: return VirtualAddress(base &+ .random(in: 0...256, using: &random))
        case 6: return VirtualAddress(base &- .random(in: 0...64, using: &random))
        case 7: return cache()
        default: return VirtualAddress(base)
        }
    }

    private mutating func cache() -> VirtualAddress {
        Int.random(in: 0..<200, using: &random) == 0
            ? VirtualAddress(seen.randomElement(using: &random)!)
            : VirtualAddress(caches.suffix(8).randomElement(using: &random)!)
    }

    /// Pointers as they lie in memory: what a careless caller may write over a free one.
    private mutating func pointers() -> [UInt8] {
        let value =
            Int.random(in: 0..<4, using: &random) == 0
            ? UInt64.random(in: 0...UInt64.max, using: &random)
            : seen.randomElement(using: &random)! &+ .random(in: 0...8, using: &random)
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        return Array(repeatElement(bytes, count: .random(in: 1...16, using: &random)).joined())
    }

    private mutating func request() -> CacheRequest {
        nextName += 1
        let fill = UInt8.random(in: 0..<40, using: &random)
        return CacheRequest(
            name: "wild-\(nextName)", size: .random(in: 1...900, using: &random),
            align: [0, 0, 8, 64].randomElement(using: &random)!,
            flags: Self.flags.randomElement(using: &random)!,
            constructor: fill < 30 ? .none : .fill(fill))
    }
}
