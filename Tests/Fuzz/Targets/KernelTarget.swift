import KernelMemory
import KernelTestSupport

extension FuzzTarget {
    /// The simulated kernel: whatever is called in whatever order, nothing traps, the invariants hold as long as
    /// callers leave what the kernel keeps alone, and the same calls come to the same.
    static let kernel = FuzzTarget(name: "kernel") { bytes in
        let first = try FuzzedMachine.run(bytes)
        guard bytes.count % 8 == 0 else { return }
        let difference = first.difference(from: try FuzzedMachine.run(bytes))
        try demand(difference == nil, "not the same again: \(difference ?? "")")
    }
}

/// A machine, and the calls that bytes stand for.
private struct FuzzedMachine {
    private var machine: Machine
    private var source: ByteSource
    private var slabs: WildSlabCalls
    private var mappings: WildMappingCalls
    private var contexts: WildContextCalls
    /// What calls have returned.
    private var addresses: [UInt64] = [0, 16]
    private var pages: [UInt64] = [0]
    private var caches: [UInt64]

    private static let callLimit = 300
    private static let callsBetweenChecks = 10

    /// The machines: each kind, with either allocator, with debugging and without.
    private static let images: [BootImage] = {
        let kinds: [(MachineConfiguration.Kind, Int, Int)] = [
            (.classroom, 4, 2), (.i386, 16, 1), (.x86_64, 32, 2),
        ]
        var images: [BootImage] = []
        for (kind, memory, cpus) in kinds {
            for slab in MachineConfiguration.SlabAllocator.allCases {
                for debug in [false, true] {
                    let configuration = try? MachineConfiguration(
                        kind: kind, memoryInMiB: memory, cpuCount: cpus, debug: debug, slab: slab)
                    if let configuration { images.append(BootImage(configuration)) }
                }
            }
        }
        return images
    }()

    private init(_ bytes: UnsafeRawBufferPointer) {
        source = ByteSource(bytes)
        machine = Machine(booting: source.element(of: Self.images))
        let seed = UInt64(source.word())
        caches = machine.cacheAddresses.map(\.rawValue)
        slabs = WildSlabCalls(
            seed: seed, cpus: machine.cpuCount, caches: machine.cacheAddresses)
        mappings = WildMappingCalls(seed: seed, machine: machine)
        contexts = WildContextCalls(seed: seed, machine: machine)
    }

    /// Makes the calls.
    ///
    /// - Returns: the machine behind them.
    static func run(_ bytes: UnsafeRawBufferPointer) throws -> Machine {
        var run = FuzzedMachine(bytes)
        var calls = 0
        while calls < callLimit, !run.source.isEmpty, !run.machine.isHalted {
            run.step()
            calls += 1
            if calls % callsBetweenChecks == 0 { try run.check() }
        }
        try run.check()
        run.machine.lookEverywhere()
        return run.machine
    }

    private func check() throws {
        try demand(violation == nil, "step \(machine.step): \(violation ?? "")")
    }

    /// What does not hold of what must: everything until a caller corrupts memory; contexts and mappings also
    /// then, until one writes where it has no business, which may be where the kernel keeps them.
    private var violation: String? {
        let misuses = machine.misuses
        let isIntact = misuses.allSatisfy { ["leak", "warning", "context"].contains($0.severity) }
        if isIntact, !machine.isHalted { return machine.invariantViolation() }
        return misuses.contains { Self.writes.contains($0.code) } ? nil : machine.contextViolation()
    }

    private static let writes: Set<Misuse.Code> = [
        .writePastEnd, .writeBeforeStart, .writeAfterFree, .writeToUnowned, .usedAfterFree,
        .usedAfterVfree, .usedAfterKunmap, .dmaToForeign,
    ]

    private mutating func step() {
        switch source.byte() {
        case 0..<20: _ = slabs.step(&machine)
        case 20..<40: _ = mappings.step(&machine)
        case 40..<60: _ = contexts.step(&machine)
        case 60..<80: mappings.look(at: machine)
        case let choice:
            let call = call(choice)
            note(machine.apply(call).returned, of: call)
        }
    }

    private mutating func note(_ returned: Outcome.Returned, of call: KernelCall) {
        switch returned {
        case .address(let address):
            if case .kmemCacheCreate = call {
                caches.append(address.rawValue)
            } else {
                addresses.append(address.rawValue)
            }
        case .page(let page):
            pages.append(page.rawValue)
            if let frame = machine.frame(of: page), let address = machine.address(of: frame) {
                addresses.append(address.rawValue)
            }
        default: break
        }
    }

    private mutating func call(_ choice: UInt8) -> KernelCall {
        switch choice {
        case 80..<100: .allocPages(gfp(), order: order())
        case 100..<105: .getFreePages(gfp(), order: order())
        case 105..<115: .freePages(address(), order: order())
        case 115..<125: .freePagesOf(page(), order: order())
        case 125: .splitPage(page(), order: order())
        case 126..<140: .kmalloc(size: size(), gfp())
        case 140..<155: .kfree(address())
        case 155: .krealloc(address(), size: UInt32(truncatingIfNeeded: size()), gfp())
        case 156: .ksize(address())
        case 157..<165: .kmemCacheCreate(request())
        case 165..<180: .kmemCacheAlloc(cache(), gfp())
        case 180..<190: .kmemCacheFree(cache(), object: address())
        case 190: .kmemCacheShrink(cache())
        case 191: .kmemCacheDestroy(cache())
        case 192..<198: .vmalloc(size: size())
        case 198..<204: .vfree(address())
        case 204: .vmap([page(), page()])
        case 205: .vunmap(address())
        case 206: .vmUnmapAliases
        case 207..<214: .kmap(page())
        case 214..<219: .kunmap(page(), use: 0)
        case 219: .kmapFlushUnused
        case 220..<225: .kmapLocalPage(page())
        case 225..<230: .kunmapLocal(address(), use: 0)
        case 230..<240: .memset(address(), byte: source.byte(), length: UInt32(source.short()))
        case 240..<246: .store(address(), [source.byte(), source.byte(), source.byte()])
        case 246: .load(address(), width: UInt32(source.byte() % 9))
        case 247: .runOn(cpu: UInt32(source.byte()) % UInt32(machine.cpuCount))
        case 248: .dropSlab
        case 249: .kvfree(address())
        case 250: .kmapAtomic(page(), type: nil)
        case 251: .kunmapAtomic(address(), type: nil, use: 0)
        case 252: .registerShrinker(cache())
        case 253: .unregisterShrinker(cache())
        case 254: .kswapd(isAwake: source.byte() & 1 != 0)
        default: .pageAddress(page())
        }
    }

    private static let masks: [GFPFlags] = [
        .kernel, .gfpAtomic, .noWait, .dma, .highUserMovable, [.kernel, .reclaimable],
        [.kernel, .zero], [.gfpAtomic, .memalloc], [.kernel, .noWarn],
    ]

    private mutating func gfp() -> GFPFlags { source.element(of: Self.masks) }
    private mutating func order() -> UInt32 { UInt32(source.byte() % 12) }
    private mutating func page() -> PagePointer {
        PagePointer(rawValue: source.element(of: pages) &+ (source.byte() & 0xf0 == 0 ? 40 : 0))
    }
    private mutating func cache() -> VirtualAddress { VirtualAddress(source.element(of: caches)) }

    /// Something that was returned, often exactly.
    private mutating func address() -> VirtualAddress {
        let offset = source.byte()
        let base = source.element(of: addresses)
        return VirtualAddress(offset < 128 ? base : base &+ UInt64(offset - 128) &* 8)
    }

    private mutating func size() -> UInt64 {
        let size = UInt64(source.short())
        return source.byte() < 8 ? size << 20 : size
    }

    private mutating func request() -> CacheRequest {
        CacheRequest(
            name: "fuzz-\(caches.count)", size: UInt32(source.short() % 9_000),
            align: source.element(of: [0, 0, 8, 64, 4_096]),
            flags: source.element(of: [[], .hardwareCacheAlign, .poison, .redZone, .storeUser]),
            constructor: .none)
    }
}
