import KernelMemory
import Testing

/// `__GFP_ZERO` on a cache with a constructor: what the constructor wrote is lost, and the kernel
/// says so when it makes a slab.
@Suite struct ZeroedConstructorTests {
    @Test(arguments: [
        (MachineConfiguration.SlabAllocator.slub, false, "mm/slub.c:2001 new_slab"),
        (.slub, true, "mm/slub.c:2001 new_slab"),
        (.slab, false, "mm/slab.c:2559 cache_grow_begin"),
    ])
    func kmem_cache_zalloc_withAConstructor_warnsOnce(
        _ slab: MachineConfiguration.SlabAllocator, _ debug: Bool, _ place: String
    ) throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom, debug: debug, slab: slab))
        let first = try create("first", .fill(0x5a), &machine)
        let address = try zalloc(first, &machine)
        let lines = machine.log(of: machine.step).map(\.text)
        #expect(lines.first == "------------[ cut here ]------------")
        #expect(lines.dropFirst().first == "WARNING: CPU: 0 PID: 1 at \(place)")
        #expect(lines.last == "---[ end trace 0000000000000000 ]---")
        #expect(machine.apply(.kmemCacheAlloc(first, .kernel)).returned != .null)
        #expect(machine.bytes(at: address, count: 1) == [0])
        // Neither the next slab nor another cache brings the warning back.
        let second = try create("second", .fill(0x5b), &machine)
        for _ in 0..<50 { _ = try (zalloc(first, &machine), zalloc(second, &machine)) }
        #expect(machine.log.filter { $0.text.hasPrefix("WARNING") }.count == 1)
        #expect(machine.invariantViolation() == nil)
    }

    @Test func kmem_cache_zalloc_fromASlabThatIsThere_isSilent() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let cache = try create("filled", .fill(0x5a), &machine)
        _ = machine.apply(.kmemCacheAlloc(cache, .kernel))
        _ = try zalloc(cache, &machine)
        #expect(machine.log.isEmpty)
    }

    @Test func kmem_cache_zalloc_withoutAConstructor_isSilent() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let cache = try create("plain", .none, &machine)
        _ = try zalloc(cache, &machine)
        #expect(machine.log.isEmpty)
    }

    private func create(
        _ name: String, _ constructor: Constructor, _ machine: inout Machine
    ) throws -> VirtualAddress {
        let request = CacheRequest(name: name, size: 1000, constructor: constructor)
        return try address(machine.apply(.kmemCacheCreate(request)))
    }

    private func zalloc(_ cache: VirtualAddress, _ machine: inout Machine) throws -> VirtualAddress
    {
        try address(machine.apply(.kmemCacheZalloc(cache, .kernel)))
    }

    private func address(_ outcome: Outcome) throws -> VirtualAddress {
        guard case .address(let address) = outcome.returned else { throw Missing() }
        return address
    }

    private struct Missing: Error {}
}
