import Glibc

/// Runs the simulated kernel for a long time, or on many threads, and looks for mistakes.
///
///     soak calls COUNT SEED [MACHINE...]   seeded random calls under the invariant checks
///     soak slabs COUNT SEED [MACHINE...]   the same with both slab allocators and every byte
///     soak maps COUNT SEED [MACHINE...]    virtual memory, and every byte in it
///     soak wild COUNT SEED [MACHINE...]    slab and mapping calls that break every rule
///     soak contexts COUNT SEED [MACHINE...]  kmap and contexts, as many calls with debugging as without
///     soak forks ROUNDS                    copies of one machine on several threads
///
/// A machine is written `kind[:MiB[:CPUs]]`, as in `i386:1024:2`. Progress goes to the standard error
/// stream; the last line on the standard output sums up. The status is 1 if anything was wrong.
@main
enum Soak {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let numbers = arguments.dropFirst().prefix(2).compactMap { Int($0) }
        switch (arguments.first, numbers.count) {
        case ("calls", 2):
            let names = Array(arguments.dropFirst(3))
            let plans = try (names.isEmpty ? CallSoak.usual : names).map(Plan.init(parsing:))
            exit(CallSoak(count: numbers[0], seed: UInt64(numbers[1])).run(plans) ? 0 : 1)
        case ("slabs", 2):
            let names = Array(arguments.dropFirst(3))
            let plans = try (names.isEmpty ? SlabSoak.usual : names).map(Plan.init(parsing:))
            exit(SlabSoak(count: numbers[0], seed: UInt64(numbers[1])).run(plans) ? 0 : 1)
        case ("maps", 2):
            let names = Array(arguments.dropFirst(3))
            let plans = try (names.isEmpty ? MappingSoak.usual : names).map(Plan.init(parsing:))
            exit(MappingSoak(count: numbers[0], seed: UInt64(numbers[1])).run(plans) ? 0 : 1)
        case ("wild", 2):
            let names = Array(arguments.dropFirst(3))
            let plans = try (names.isEmpty ? WildSoak.usual : names).map(Plan.init(parsing:))
            exit(WildSoak(count: numbers[0], seed: UInt64(numbers[1])).run(plans) ? 0 : 1)
        case ("contexts", 2):
            let names = Array(arguments.dropFirst(3))
            let plans = try (names.isEmpty ? ContextSoak.usual : names).map(Plan.init(parsing:))
            exit(ContextSoak(count: numbers[0], seed: UInt64(numbers[1])).run(plans) ? 0 : 1)
        case ("forks", 1...):
            exit(try ForkSoak(rounds: numbers[0]).run() ? 0 : 1)
        default:
            complain(
                "usage: soak calls|slabs|maps|wild|contexts COUNT SEED [MACHINE...] "
                    + "| soak forks ROUNDS")
            exit(2)
        }
    }
}

/// Writes a line to the standard error stream.
func complain(_ line: String) {
    var line = line + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
