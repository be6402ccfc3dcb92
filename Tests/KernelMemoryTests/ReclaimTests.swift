import KernelMemory
import Testing

/// Shrinkers, direct reclaim, and the home-made lists that neither of them reaches.
@Suite struct ReclaimTests {
    struct Kernel: CustomTestStringConvertible, Sendable {
        var kind = MachineConfiguration.Kind.classroom
        var slab = MachineConfiguration.SlabAllocator.slub
        var debug = false
        var testDescription: String { "\(kind) \(slab) \(debug ? "debug" : "plain")" }

        func boot() throws -> Machine {
            let memory = [.i386: 16, .x86_64: 32][kind]
            return Machine(
                try MachineConfiguration(
                    kind: kind, memoryInMiB: memory, debug: debug, slab: slab))
        }
    }

    static let kernels: [Kernel] = [
        Kernel(), Kernel(slab: .slab), Kernel(debug: true), Kernel(kind: .i386),
        Kernel(kind: .x86_64), Kernel(kind: .i386, slab: .slab),
    ]

    // MARK: - The article's argument

    @Test(arguments: kernels)
    func sameLoad_withAShrinkerSurvives_withAHomeMadeListGetsNull(_ kernel: Kernel) throws {
        var shrinkable = try kernel.boot()
        let cache = shrinkable.reclaimableCache()
        let objects = shrinkable.fill(.kmemCacheAlloc(cache, quiet))
        #expect(shrinkable.apply(.allocPages(.kernel, order: 0)).returned == .null)
        for object in objects { shrinkable.markUnused(cache, object) }

        var homeMade = try kernel.boot()
        #expect(homeMade.apply(.freeListCreate(.init(name: "mine", size: 960))).returned == one)
        let stored = homeMade.fill(.freeListGet(list: 1, quiet))
        for object in stored { _ = homeMade.apply(.freeListPut(list: 1, object: object)) }
        #expect(homeMade.freeLists[0].objects.count == stored.count)

        #expect(shrinkable.apply(.allocPages(.kernel, order: 0)).isPage)
        #expect(shrinkable.shrinkers[0].freed > 0)
        #expect(shrinkable.shrinkers[0].pagesFreed >= 32)
        #expect(homeMade.apply(.allocPages(.kernel, order: 0)).returned == .null)
        #expect(homeMade.log.last { $0.text.contains("page allocation failure") } != nil)
        #expect(homeMade.freeLists[0].objects.count == stored.count)
        for machine in [shrinkable, homeMade] {
            #expect(machine.misuseCount == 0)
            #expect(machine.invariantViolation() == nil)
        }
    }

    @Test(arguments: [GFPFlags.noWait, .noFS, .noIO])
    func request_thatMayNotSleepOrEnterFileSystems_doesNotReclaim(_ gfp: GFPFlags) throws {
        var machine = try Kernel().boot()
        let cache = machine.reclaimableCache()
        let objects = machine.fill(.kmemCacheAlloc(cache, quiet))
        for object in objects { machine.markUnused(cache, object) }
        #expect(machine.apply(.allocPages(gfp.union(.noWarn), order: 0)).returned == .null)
        #expect(machine.shrinkers[0].unused.count == objects.count)
        #expect(machine.apply(.allocPages(quiet, order: 0)).isPage)
        #expect(machine.shrinkers[0].unused.count < objects.count)
    }

    @Test func atomicRequest_usesReservesButDoesNotReclaim() throws {
        var machine = try Kernel(kind: .i386).boot()
        let cache = machine.reclaimableCache()
        let objects = machine.fill(.kmemCacheAlloc(cache, quiet))
        for object in objects { machine.markUnused(cache, object) }
        var given = 0
        while machine.apply(.allocPages([.gfpAtomic, .noWarn], order: 0)).isPage { given += 1 }
        #expect(given > 0)
        #expect(machine.shrinkers[0].unused.count == objects.count)
        #expect(machine.directReclaims > 0)
        #expect(machine.apply(.allocPages(quiet, order: 0)).isPage)
    }

    // MARK: - Which objects, and how many

    @Test func directReclaim_freesTheOldestFirst() throws {
        var machine = try Kernel(kind: .i386).boot()
        let cache = machine.reclaimableCache()
        let objects = machine.fill(.kmemCacheAlloc(cache, quiet))
        for object in objects { machine.markUnused(cache, object) }
        let again = objects[..<10]
        for object in again {
            #expect(machine.apply(.listLRUDel(cache, object: object)).returned == one)
            machine.markUnused(cache, object)
        }
        let order = objects[10...] + again
        #expect(machine.shrinkers[0].unused == Array(order))
        #expect(machine.apply(.allocPages(quiet, order: 0)).isPage)
        let left = machine.shrinkers[0].unused
        #expect(left.count < order.count)
        #expect(left.elementsEqual(order.suffix(left.count)))
        #expect(machine.apply(.listLRUDel(cache, object: order[10])).returned == .number(0))
        #expect(machine.misuseCount == 0)
    }

    /// 1,000 objects at priority 0: a share of 2,000, in 15 batches of 128; 80 are put off.
    @Test func dropSlab_scansAsDoShrinkSlabReckons() throws {
        var machine = try Kernel(kind: .i386).boot()
        let cache = machine.reclaimableCache()
        for object in machine.objects(1_000, of: cache) { machine.markUnused(cache, object) }
        let free = machine.freePages
        #expect(machine.apply(.dropSlab).returned == .number(1_000))
        let shrinker = machine.shrinkers[0]
        #expect(shrinker.scanned == 15 * 128)
        #expect(shrinker.deferred == 80)
        #expect(shrinker.freed == 1_000)
        #expect(shrinker.unused.isEmpty)
        #expect(shrinker.pagesFreed == machine.freePages - free)
        #expect(shrinker.pagesFreed > 0)
        #expect(machine.apply(.dropSlab).returned == .number(0))
    }

    @Test func shrinkers_areAskedInTurn_untilUnregistered() throws {
        var machine = try Kernel(kind: .i386).boot()
        let first = machine.reclaimableCache("first")
        let second = machine.reclaimableCache("second")
        for cache in [first, second] {
            for object in machine.objects(200, of: cache) { machine.markUnused(cache, object) }
        }
        #expect(machine.shrinkers.map(\.cache) == ["first", "second"])
        _ = machine.apply(.unregisterShrinker(first))
        #expect(machine.apply(.dropSlab).returned == .number(200))
        #expect(machine.shrinkers.map(\.cache) == ["second"])
        _ = machine.apply(.kmemCacheDestroy(second))
        #expect(machine.shrinkers.isEmpty)
        #expect(machine.misuseCount == 0)
        #expect(machine.invariantViolation() == nil)
    }

    @Test func copies_haveTheirOwnLists() throws {
        var machine = try Kernel().boot()
        let cache = machine.reclaimableCache()
        for object in machine.objects(40, of: cache) { machine.markUnused(cache, object) }
        var copy = machine
        #expect(copy.apply(.dropSlab).returned == .number(40))
        #expect(machine.shrinkers[0].unused.count == 40)
        #expect(machine.apply(.dropSlab).returned == .number(40))
        #expect(copy.shrinkers == machine.shrinkers)
    }

    @Test func freeList_givesBackWhatWasPutLast_andNothingElseGetsIt() throws {
        var machine = try Kernel().boot()
        _ = machine.apply(.freeListCreate(.init(name: "mine", size: 100)))
        let get = KernelCall.freeListGet(list: 1, .kernel)
        let objects = (0..<3).compactMap { _ in machine.apply(get).pointer }
        for object in objects { _ = machine.apply(.freeListPut(list: 1, object: object)) }
        let other = machine.apply(.kmalloc(size: 100, .kernel)).pointer
        #expect(other.map(objects.contains) == false)
        for object in objects.reversed() { #expect(machine.apply(get).pointer == object) }
        #expect(machine.freeLists[0].gets == 6)
        #expect(machine.freeLists[0].hits == 3)
        for (size, returned) in [(0, Outcome.Returned.null), (8_193, .null), (8_192, .number(2))] {
            let request = CacheRequest(name: "other", size: UInt32(size))
            #expect(machine.apply(.freeListCreate(request)).returned == returned)
        }
        #expect(machine.misuseCount == 0)
    }

    // MARK: - Broken rules

    @Test func wrongMarks_areRecorded() throws {
        var machine = try Kernel().boot()
        let cache = machine.reclaimableCache()
        let object = machine.objects(1, of: cache)[0]
        machine.markUnused(cache, object)
        #expect(machine.apply(.listLRUAdd(cache, object: object)).returned == .number(0))
        _ = machine.apply(.dropSlab)
        #expect(machine.misuseCount == 0)
        machine.markUnused(cache, object)
        #expect(machine.misuses.map(\.code) == [.usedAfterReclaim])
        #expect(machine.misuses[0].freedAtStep == machine.step - 1)
        let foreign = try #require(machine.apply(.kmalloc(size: 64, .kernel)).pointer)
        machine.markUnused(cache, foreign)
        #expect(machine.misuses.last?.code == .wronglyUnused)
        let plain = machine.apply(.kmemCacheCreate(.init(name: "plain", size: 300))).pointer
        _ = machine.apply(.listLRUAdd(try #require(plain), object: foreign))
        #expect(machine.misuses.last?.code == .noShrinker)
        _ = machine.apply(.listLRUAdd(cache, object: VirtualAddress(8)))
        #expect(machine.misuses.last?.code == .wildPointer)
        #expect(machine.isHalted)
    }

    /// The owner of an object that a shrinker freed must not touch it, nor free it again.
    @Test func useOfAReclaimedObject_isRecordedAsSuch() throws {
        for call in [KernelCall.memset, { address, byte, length in .kfree(address) }] {
            var machine = try Kernel().boot()
            let cache = machine.reclaimableCache()
            let object = machine.objects(1, of: cache)[0]
            machine.markUnused(cache, object)
            _ = machine.apply(.dropSlab)
            let dropped = machine.step
            _ = machine.apply(call(object, 0x5c, 8))
            #expect(machine.misuses.map(\.code) == [.usedAfterReclaim])
            #expect(machine.misuses.first?.freedAtStep == dropped)
            #expect(machine.misuses.first?.object?.address == object)
        }
    }

    @Test func freeOfAnUnusedObject_isFoundWhenTheShrinkerFreesItAgain() throws {
        var machine = try Kernel().boot()
        let cache = machine.reclaimableCache()
        let object = machine.objects(1, of: cache)[0]
        machine.markUnused(cache, object)
        _ = machine.apply(.kmemCacheFree(cache, object: object))
        #expect(machine.objects(1, of: cache) == [object])
        #expect(machine.apply(.dropSlab).returned == one)
        #expect(machine.misuses.map(\.code) == [.freedWhileUnused])
        #expect(machine.objects(1, of: cache) == [object])
    }

    @Test func wrongObjectsOfHomeMadeLists_areRecorded() throws {
        var machine = try Kernel().boot()
        _ = machine.apply(.freeListCreate(.init(name: "mine", size: 100)))
        let object = try #require(machine.apply(.freeListGet(list: 1, .kernel)).pointer)
        let put = KernelCall.freeListPut(list: 1, object: object)
        _ = machine.apply(put)
        #expect(machine.misuseCount == 0)
        _ = machine.apply(put)
        #expect(machine.misuses.map(\.code) == [.wronglyStored])
        for _ in 0..<2 {
            #expect(machine.apply(.freeListGet(list: 1, .kernel)).pointer == object)
        }
        _ = machine.apply(.kfree(object))
        _ = machine.apply(put)
        #expect(machine.misuses.last?.freedAtStep == machine.step - 1)
        _ = machine.apply(.freeListPut(list: 1, object: .null))
        #expect(machine.misuseCount == 2)
        _ = machine.apply(.freeListGet(list: 9, .kernel))
        #expect(machine.isHalted)
    }

    private let quiet: GFPFlags = [.kernel, .noWarn]
    private let one = Outcome.Returned.number(1)
}

extension Outcome {
    /// The address that was returned; `nil` for anything else.
    var pointer: VirtualAddress? {
        if case .address(let address) = returned { address } else { nil }
    }

    /// Whether pages were returned.
    var isPage: Bool {
        if case .page = returned { true } else { false }
    }
}

extension Machine {
    /// Makes a cache of 960 bytes a piece with a shrinker.
    mutating func reclaimableCache(_ name: String = "names") -> VirtualAddress {
        let request = CacheRequest(
            name: name, size: 960, flags: .reclaimAccount, constructor: .fill(0))
        guard let cache = apply(.kmemCacheCreate(request)).pointer else { return .null }
        _ = apply(.registerShrinker(cache))
        return cache
    }

    /// Repeats an allocation until it fails.
    mutating func fill(_ call: KernelCall) -> [VirtualAddress] {
        var objects: [VirtualAddress] = []
        while let object = apply(call).pointer { objects.append(object) }
        return objects
    }

    /// Allocates objects of a cache.
    mutating func objects(_ count: Int, of cache: VirtualAddress) -> [VirtualAddress] {
        (0..<count).compactMap { _ in apply(.kmemCacheAlloc(cache, .kernel)).pointer }
    }

    mutating func markUnused(_ cache: VirtualAddress, _ object: VirtualAddress) {
        _ = apply(.listLRUAdd(cache, object: object))
    }
}
