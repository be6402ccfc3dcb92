import KernelTestSupport
import Testing

@testable import KernelMemory

/// The classic slab allocator, one kernel function after the other.
@Suite struct ClassicSlabTests {
    private func machine(cpus: Int = 1, keepsCachesApart: Bool = false) throws -> Machine {
        if cpus == 1, !keepsCachesApart { return Machine(booting: Self.image) }
        return Machine(try Self.configuration(cpus: cpus, keepsCachesApart: keepsCachesApart))
    }

    private static let image = BootImage(try! configuration())

    private static func configuration(
        cpus: Int = 1, keepsCachesApart: Bool = false
    ) throws -> MachineConfiguration {
        try MachineConfiguration(
            kind: .i386, memoryInMiB: 64, cpuCount: cpus, slab: .slab,
            keepsCachesApart: keepsCachesApart)
    }

    private func kmalloc(_ size: UInt64, _ machine: inout Machine) -> UInt64 {
        address(machine.apply(.kmalloc(size: size, .kernel)))
    }

    private func kfree(_ address: UInt64, _ machine: inout Machine) {
        _ = machine.apply(.kfree(VirtualAddress(address)))
    }

    private func address(_ outcome: Outcome) -> UInt64 {
        if case .address(let address) = outcome.returned { address.rawValue } else { 0 }
    }

    private func create(
        _ size: UInt32, _ constructor: Constructor = .none, _ machine: inout Machine
    ) -> VirtualAddress {
        let request = CacheRequest(name: "test", size: size, constructor: constructor)
        return VirtualAddress(address(machine.apply(.kmemCacheCreate(request))))
    }

    private func cache(_ name: String, _ machine: Machine) throws -> ClassicCacheRecording {
        try #require(machine.classicRecordings.first { $0.name == name })
    }

    /// As measured on the recorded kernel: objects, order, colours, colour step, limit, place.
    @Test(arguments: [
        ("kmalloc-32", [124, 0, 0, 32, 120, 0]), ("kmalloc-64", [64, 0, 0, 64, 120, 1]),
        ("kmalloc-96", [42, 0, 2, 32, 120, 1]), ("kmalloc-512", [8, 0, 0, 512, 54, 1]),
        ("kmalloc-2k", [2, 0, 0, 2048, 24, 1]), ("kmalloc-8k", [1, 1, 0, 8192, 8, 1]),
        ("anon_vma", [71, 0, 1, 32, 120, 0]), ("task_struct", [3, 1, 26, 64, 24, 1]),
        ("kmem_cache", [42, 0, 2, 32, 120, 1]), ("pde_opener", [163, 0, 0, 32, 120, 0]),
    ])
    func calculate_slab_order(_ name: String, _ numbers: [UInt32]) throws {
        let geometry = try cache(name, machine(keepsCachesApart: true)).geometry
        #expect(
            [
                geometry.objects, geometry.order, geometry.colours, geometry.colourStep,
                geometry.limit, geometry.isInFreeObject,
            ] == numbers)
        #expect(geometry.isOffSlab == 0)
    }

    @Test func kmem_cache_init_makesTheCachesOfTheRecordedKernel() throws {
        let names = try machine(keepsCachesApart: true).classicRecordings.map(\.name)
        #expect(names.count == 66)
        #expect(Array(names.prefix(3)) == ["kmem_cache", "kmalloc-64", "kmalloc-32"])
        #expect(try machine().classicRecordings.count < 66)
    }

    @Test func cache_alloc_refill_takesSixteenAndHandsOutTheLastFirst() throws {
        var machine = try machine()
        let first = kmalloc(64, &machine)
        #expect(first & 0xfff == 15 * 64)
        #expect(kmalloc(64, &machine) == first - 64)
        var array = try cache("kmalloc-64", machine).cpus[0]
        #expect(array.entries.count == 14 && array.touched == 1)
        for _ in 0..<14 { _ = kmalloc(64, &machine) }
        // Now that the array is in use, a whole batch, but for what the slab no longer has.
        #expect(kmalloc(64, &machine) == first - 15 * 64 + 63 * 64)
        array = try cache("kmalloc-64", machine).cpus[0]
        #expect(array.entries.count == 47)
        #expect(try cache("kmalloc-64", machine).full.count == 1)
    }

    @Test func cache_grow_begin_movesEverySlabByAColour() throws {
        var machine = try machine()
        for _ in 0..<200 { _ = kmalloc(96, &machine) }
        let cache = try cache("kmalloc-96", machine)
        let slabs = (cache.partial + cache.full).sorted { $0.pfn < $1.pfn }
        #expect(Set(slabs.map { $0.base & 0xfff }) == [0, 32])
        #expect(cache.node.colourNext == UInt32(slabs.count % 2))
    }

    @Test func cache_flusharray_freesTheOldestBatch() throws {
        var machine = try machine()
        let objects = (0..<121).map { _ in kmalloc(512, &machine) }
        var freed = 0
        var entries: [UInt64] = []
        while entries.count < 54 {
            kfree(objects[freed], &machine)
            freed += 1
            entries = try cache("kmalloc-512", machine).cpus[0].entries
        }
        kfree(objects[freed], &machine)
        let after = try cache("kmalloc-512", machine).cpus[0].entries
        #expect(after == entries.dropFirst(27) + [objects[freed]])
        #expect(machine.invariantViolation() == nil)
    }

    @Test func cache_flusharray_prefersTheSharedArray() throws {
        var machine = try machine(cpus: 2)
        let objects = (0..<240).map { _ in kmalloc(64, &machine) }
        for object in objects { kfree(object, &machine) }
        let shared = try #require(try cache("kmalloc-64", machine).shared)
        #expect(shared.limit == 480 && shared.entries.count > 60)
        _ = machine.apply(.runOn(cpu: 1))
        // The other CPU takes the newest of them, 16 at first.
        #expect(kmalloc(64, &machine) == shared.entries.last)
        let after = try cache("kmalloc-64", machine)
        #expect(after.shared?.entries == shared.entries.dropLast(16))
        #expect(after.cpus[1].entries.count == 15)
    }

    @Test func alloc_slabmgmt_takesTheListOfAnOffSlabCacheFromKMalloc() throws {
        var machine = try machine()
        let cache = create(256, .fill(0x5a), &machine)
        #expect(try self.cache("test", machine).geometry.isOffSlab == 1)
        let before = machine.invariantViolation()
        let object = address(machine.apply(.kmemCacheAlloc(cache, .kernel)))
        #expect(before == nil && machine.invariantViolation() == nil)
        let list = try #require(try self.cache("test", machine).full.first?.freeList)
        #expect(machine.ksize(of: VirtualAddress(list)) == 32)
        #expect(
            machine.bytes(at: VirtualAddress(object), count: 256)
                == [UInt8](repeating: 0x5a, count: 256))
        _ = machine.apply(.kmemCacheFree(cache, object: VirtualAddress(object)))
        #expect(machine.apply(.kmemCacheShrink(cache)).returned == .number(0))
        #expect(machine.invariantViolation() == nil)
    }

    @Test func kmem_cache_destroy_complainsOfObjects() throws {
        var machine = try machine()
        let cache = create(300, .none, &machine)
        let object = address(machine.apply(.kmemCacheAlloc(cache, .kernel)))
        #expect(machine.apply(.kmemCacheShrink(cache)).returned == .number(1))
        _ = machine.apply(.kmemCacheDestroy(cache))
        #expect(machine.misuses.map(\.code) == [.destroyedCacheInUse])
        #expect(machine.bytes(at: VirtualAddress(object), count: 1) != nil)
    }

    @Test func ksize_isTheSizeThatTheCacheHas() throws {
        var machine = try machine()
        for (size, usable) in [(1, 32), (33, 64), (65, 96), (97, 128), (129, 192), (8192, 8192)] {
            let object = kmalloc(UInt64(size), &machine)
            #expect(machine.ksize(of: VirtualAddress(object)) == UInt64(usable))
        }
    }

    @Test func kfree_twice_handsTheObjectOutTwice() throws {
        var machine = try machine()
        let object = kmalloc(64, &machine)
        kfree(object, &machine)
        kfree(object, &machine)
        #expect(machine.misuses.map(\.code) == [.objectFreedTwice])
        #expect(kmalloc(64, &machine) == object)
        #expect(kmalloc(64, &machine) == object)
        #expect(machine.misuses.map(\.code) == [.objectFreedTwice, .objectHandedOutTwice])
    }

    @Test func kfree_insideAnObject_comesBackAsItIs() throws {
        var machine = try machine()
        let object = kmalloc(64, &machine)
        kfree(object + 8, &machine)
        #expect(machine.misuses.map(\.code) == [.freeInsideObject])
        #expect(kmalloc(64, &machine) == object + 8)
    }

    @Test func kmem_cache_free_believesItsCaller() throws {
        var machine = try machine()
        let object = kmalloc(64, &machine)
        let cache = create(2000, .none, &machine)
        _ = machine.apply(.kmemCacheFree(cache, object: VirtualAddress(object)))
        #expect(machine.misuses.map(\.code) == [.wrongCache])
        #expect(address(machine.apply(.kmemCacheAlloc(cache, .kernel))) == object)
    }

    @Test func invariants_noticeAnyCorruptedField() throws {
        let spoil: [(Core, UInt32, UInt32) -> Void] = [
            { core, cache, _ in core.classicCache(cache).pointee.freeObjects += 1 },
            { core, cache, _ in core.classicCache(cache).pointee.common.slabCount += 1 },
            { core, cache, _ in core.classicCache(cache).pointee.common.objectCount -= 1 },
            { core, cache, _ in core.classicCache(cache).pointee.partial.count += 1 },
            { core, cache, _ in core.classicCache(cache).pointee.colourNext = 7 },
            { core, cache, _ in core.classicCache(cache).array(0).pointee.count -= 1 },
            { core, cache, _ in core.classicCache(cache).array(0).entries[0] += 1 },
            { core, cache, _ in
                let array = core.classicCache(cache).array(0)
                array.entries[0] = array.entries[1]
            },
            { core, _, slab in core.slab(slab).pointee.inuse += 1 },
            { core, _, slab in core.slab(slab).pointee.base += 8 },
            { core, _, slab in core.slab(slab).pointee.freeList += 64 },
            { core, _, slab in core.slab(slab).pointee.list = .full },
            { core, _, slab in core.slab(slab).record(20).pointee.link = 3 },
            { core, _, slab in core.slab(slab).record(63).pointee.own(requested: 0, step: 1) },
            { core, _, slab in core.slab(slab).record(15).pointee.disown(step: 1) },
        ]
        for (index, change) in spoil.enumerated() {
            var machine = try machine()
            let object = kmalloc(64, &machine)
            #expect(machine.invariantViolation() == nil)
            let slab = try #require(machine.core.slabNumber(at: object))
            change(machine.core, machine.core.readSlab(slab).pointee.cache, slab)
            #expect(machine.invariantViolation() != nil, "change \(index)")
        }
    }

    /// Callers who break every rule may kill the simulated kernel, but not the simulator.
    @Test func brokenRules_areSurvivedByTheSimulator() throws {
        var oopses = 0
        let pair = BootImage(try Self.configuration(cpus: 2))
        for seed in 0..<60 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var machine = Machine(booting: seed % 2 == 0 ? Self.image : pair)
            let caches = [
                create(64, .none, &machine), create(256, .fill(1), &machine),
                create(1500, .none, &machine),
            ]
            var known: [UInt64] = [0x1234, 0xc010_0000]
            for _ in 0..<400 {
                let cache = caches.randomElement(using: &random)!
                var object = known.randomElement(using: &random)!
                if Int.random(in: 0..<10, using: &random) == 0 { object += 8 }
                switch Int.random(in: 0..<20, using: &random) {
                case 0..<5:
                    known.append(kmalloc(UInt64.random(in: 1...300, using: &random), &machine))
                case 5..<9:
                    known.append(address(machine.apply(.kmemCacheZalloc(cache, .kernel))))
                case 9..<14 where object > 0x2000: kfree(object, &machine)
                case 14..<17:
                    _ = machine.apply(.kmemCacheFree(cache, object: VirtualAddress(object)))
                case 17: _ = machine.apply(.kmemCacheShrink(cache))
                case 18 where Int.random(in: 0..<20, using: &random) == 0:
                    _ = machine.apply(.kmemCacheDestroy(cache))
                default:
                    let cpu = UInt32.random(in: 0..<UInt32(machine.cpuCount), using: &random)
                    _ = machine.apply(.runOn(cpu: cpu))
                }
            }
            #expect(machine.isCorrupted)
            #expect(!machine.classicRecordings.isEmpty)
            if machine.oops != nil { oopses += 1 }
        }
        #expect(oopses > 0)
    }
}
