import KernelMemory

/// What a call of the core costs. Each command does its work a given number of times and prints
/// picoseconds for one; `run` takes two counts under valgrind and divides the difference.
///
///     corebench pairs ORDER HELD COUNT    allocate and free; HELD blocks at a time
///     corebench kmalloc SIZE HELD COUNT   kmalloc and kfree; HELD objects at a time
///     corebench load COUNT                load 8 bytes whose translation the TLB knows
///     corebench vmalloc SIZE COUNT        vmalloc and vfree
///     corebench copies COUNT              copy a machine with 100,000 live pages
///     corebench writes COUNT              copy it and allocate a page from the copy
@main
enum CoreBench {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        switch (arguments.first, numbers.count) {
        case ("pairs", 3): try pairs(order: UInt32(numbers[0]), held: numbers[1], numbers[2])
        case ("kmalloc", 3): try objects(size: UInt64(numbers[0]), held: numbers[1], numbers[2])
        case ("load", 1): try loads(numbers[0])
        case ("vmalloc", 2): try areas(size: UInt64(numbers[0]), numbers[1])
        case ("copies", 1): try copies(numbers[0])
        case ("writes", 1): try writes(numbers[0])
        default: fatalError(
                "usage: corebench pairs ORDER HELD COUNT | kmalloc SIZE HELD COUNT | load COUNT "
                    + "| vmalloc SIZE COUNT | copies COUNT | writes COUNT")
        }
    }

    private static func loads(_ count: Int) throws {
        var machine = Machine(try MachineConfiguration())
        guard case .address(let area) = machine.apply(.vmalloc(size: 16_384)).returned else {
            fatalError("the machine has no memory left")
        }
        _ = machine.apply(.memset(area, byte: 1, length: 64))
        report(count) {
            for _ in 0..<count { _ = machine.apply(.load(area, width: 8)) }
        }
    }

    private static func areas(size: UInt64, _ count: Int) throws {
        var machine = Machine(try MachineConfiguration(kind: size > 100 << 20 ? .x86_64 : .i386))
        for _ in 0..<3 { try area(&machine, size) }
        report(count) {
            for _ in 0..<count { try? area(&machine, size) }
        }
    }

    @inline(never)
    private static func area(_ machine: inout Machine, _ size: UInt64) throws {
        guard case .address(let area) = machine.apply(.vmalloc(size: size)).returned else {
            fatalError("the machine has no memory left")
        }
        _ = machine.apply(.vfree(area))
    }

    private static func pairs(order: UInt32, held: Int, _ count: Int) throws {
        var machine = Machine(try MachineConfiguration())
        var pages: [PagePointer] = []
        pages.reserveCapacity(held)
        for _ in 0..<2 { allocateAndFree(&machine, order, held, &pages) }
        if held == 1 { return report(count) { allocateAndFree(&machine, order, count) } }
        let rounds = count / held
        report(rounds * held) {
            for _ in 0..<rounds { allocateAndFree(&machine, order, held, &pages) }
        }
    }

    @inline(never)
    private static func allocateAndFree(_ machine: inout Machine, _ order: UInt32, _ count: Int) {
        for _ in 0..<count {
            let page = allocate(&machine, order)
            _ = machine.apply(.freePagesOf(page, order: order))
        }
    }

    @inline(never)
    private static func allocateAndFree(
        _ machine: inout Machine, _ order: UInt32, _ held: Int, _ pages: inout [PagePointer]
    ) {
        for _ in 0..<held { pages.append(allocate(&machine, order)) }
        for page in pages { _ = machine.apply(.freePagesOf(page, order: order)) }
        pages.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private static func allocate(_ machine: inout Machine, _ order: UInt32) -> PagePointer {
        guard case .page(let page) = machine.apply(.allocPages(.kernel, order: order)).returned
        else { fatalError("the machine has no memory left") }
        return page
    }

    private static func objects(size: UInt64, held: Int, _ count: Int) throws {
        var machine = Machine(try MachineConfiguration())
        var objects: [VirtualAddress] = []
        objects.reserveCapacity(held)
        for _ in 0..<2 { kmallocAndFree(&machine, size, held, &objects) }
        if held == 1 { return report(count) { kmallocAndFree(&machine, size, count) } }
        let rounds = count / held
        report(rounds * held) {
            for _ in 0..<rounds { kmallocAndFree(&machine, size, held, &objects) }
        }
    }

    @inline(never)
    private static func kmallocAndFree(_ machine: inout Machine, _ size: UInt64, _ count: Int) {
        for _ in 0..<count { _ = machine.apply(.kfree(kmalloc(&machine, size))) }
    }

    @inline(never)
    private static func kmallocAndFree(
        _ machine: inout Machine, _ size: UInt64, _ held: Int, _ objects: inout [VirtualAddress]
    ) {
        for _ in 0..<held { objects.append(kmalloc(&machine, size)) }
        for object in objects { _ = machine.apply(.kfree(object)) }
        objects.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private static func kmalloc(_ machine: inout Machine, _ size: UInt64) -> VirtualAddress {
        guard case .address(let object) = machine.apply(.kmalloc(size: size, .kernel)).returned
        else { fatalError("the machine has no memory left") }
        return object
    }

    private static func copies(_ count: Int) throws {
        let machine = try machineInUse()
        var copies: [Machine] = []
        copies.reserveCapacity(count)
        report(count) { copy(machine, count, into: &copies) }
        precondition(copies.count == count)
    }

    @inline(never)
    private static func copy(_ machine: Machine, _ count: Int, into copies: inout [Machine]) {
        for _ in 0..<count { copies.append(machine) }
    }

    private static func writes(_ count: Int) throws {
        let machine = try machineInUse()
        var writing = Duration.zero
        for _ in 0..<count {
            var copy = machine
            let before = ContinuousClock.now
            _ = allocate(&copy, 0)
            writing += ContinuousClock.now - before
        }
        report(writing, count)
    }

    private static func machineInUse() throws -> Machine {
        var machine = Machine(try MachineConfiguration())
        for _ in 0..<100_000 { _ = allocate(&machine, 0) }
        return machine
    }

    private static func report(_ count: Int, _ body: () -> Void) {
        report(ContinuousClock().measure(body), count)
    }

    /// A whole number, which is printed without taking memory.
    private static func report(_ duration: Duration, _ count: Int) {
        print(Int(duration / .nanoseconds(1) * 1_000) / max(count, 1))
    }
}
