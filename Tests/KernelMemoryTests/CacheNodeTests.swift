import KernelMemory
import Testing

/// What `kmem_cache_create` takes from other caches, and `kmem_cache_destroy` gives back: as in the
/// slab dumps of the recorded kernels, one `kmem_cache` and one `kmem_cache_node` for each cache.
@Suite struct CacheNodeTests {
    @Test(arguments: [MachineConfiguration.Kind.i386, .x86_64, .classroom], [false, true])
    func kmem_cache_create_takesADescriptorAndANode(
        _ kind: MachineConfiguration.Kind, _ debug: Bool
    ) throws {
        var machine = Machine(
            try MachineConfiguration(kind: kind, debug: debug, keepsCachesApart: true))
        #expect(try counts(machine) == [0, 0])
        let first = create("first", &machine)
        let second = create("second", &machine)
        #expect(try counts(machine) == [2, 2])
        let nodes = machine.liveObjects(
            ofCache: try #require(machine.cacheNumber(named: "kmem_cache_node")))
        #expect(nodes.map(\.owner) == [.kernel, .kernel])
        _ = machine.apply(.kmemCacheDestroy(first))
        #expect(try counts(machine) == [1, 1])
        _ = machine.apply(.kmemCacheDestroy(second))
        #expect(try counts(machine) == [0, 0])
        #expect(machine.invariantViolation() == nil && machine.log.isEmpty)
    }

    @Test func kmem_cache_create_thatSharesACache_takesNothing() throws {
        var machine = Machine(try MachineConfiguration())
        let request = CacheRequest(name: "like-64", size: 64)
        _ = machine.apply(.kmemCacheCreate(request))
        #expect(try counts(machine) == [0, 0])
    }

    /// All nodes are taken and there is no page for more; descriptors and names are still to be had.
    @Test func kmem_cache_create_withoutANode_failsAndGivesEverythingBack() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let filler = create("filler", &machine)
        _ = machine.apply(.kmemCacheDestroy(filler))
        while case .page = machine.apply(.allocPage([.kernel, .noWarn])).returned {}
        let nodes = try #require(machine.cacheAddress(named: "kmem_cache_node"))
        while machine.apply(.kmemCacheAlloc(nodes, [.kernel, .noWarn])).returned != .null {}
        let before = try counts(machine)
        let outcome = machine.apply(.kmemCacheCreate(CacheRequest(name: "late", size: 1000)))
        #expect(outcome.returned == .null)
        let line = "kmem_cache_create_usercopy(late) failed with error -22"
        #expect(machine.log(of: machine.step).last?.text == line)
        #expect(try counts(machine) == before)
        #expect(machine.cacheNumber(named: "late") == nil && machine.invariantViolation() == nil)
    }

    @Test func kmem_cache_destroy_ofTheCacheOfNodes_leavesIt() throws {
        var machine = Machine(try MachineConfiguration())
        let nodes = try #require(machine.cacheAddress(named: "kmem_cache_node"))
        _ = machine.apply(.kmemCacheDestroy(nodes))
        #expect(create("next", &machine).rawValue != 0)
        #expect(try counts(machine) == [1, 1])
    }

    /// Objects in use of the caches of descriptors and of nodes.
    private func counts(_ machine: Machine) throws -> [Int] {
        try ["kmem_cache", "kmem_cache_node"].map { name in
            Int(try #require(machine.caches.first { cache in cache.name == name }).liveCount)
        }
    }

    private func create(_ name: String, _ machine: inout Machine) -> VirtualAddress {
        let request = CacheRequest(name: name, size: 1000)
        if case .address(let address) = machine.apply(.kmemCacheCreate(request)).returned {
            return address
        }
        return VirtualAddress(0)
    }
}
