import KernelMemory
import KernelTestSupport

/// One machine that many threads copy, change and compare at once.
///
/// Built with `--sanitize=thread` this finds memory that two copies share without saying so.
struct ForkSoak {
    let rounds: Int

    private static let threadCount = 8

    /// Tries it; returns whether every copy came to what one thread comes to alone.
    func run() throws -> Bool {
        var start = Machine(try MachineConfiguration(memoryInMiB: 64))
        for _ in 0..<2_000 { _ = start.apply(.allocPage(.kernel)) }
        let origin = start
        let expected = (UInt64(0)...1).map { seed in
            let branch = Branch(origin, seed: seed)
            branch.run()
            return branch.frames
        }
        var isRight = expected[0] != expected[1]
        for round in 0..<rounds {
            let branches = (0..<Self.threadCount).map { Branch(origin, seed: UInt64($0 % 2)) }
            for branch in branches { branch.start() }
            for (index, branch) in branches.enumerated() {
                branch.join()
                isRight = branch.areTwigsSound && branch.frames == expected[index % 2] && isRight
            }
            complain("round \(round + 1) of \(rounds)")
        }
        isRight = origin.liveUse.pages == 2_000 && isRight
        let verdict = isRight ? "all alike" : "DIFFERENT"
        print("\(rounds) rounds of \(Self.threadCount) threads: \(verdict)")
        return isRight
    }
}

/// Changes a copy, gives copies of it away to other threads, and goes on.
private final class Branch: SystemThread, @unchecked Sendable {
    private var machine: Machine
    private var calls: RandomCalls
    private(set) var frames: [FrameRun] = []
    private(set) var areTwigsSound = true

    init(_ origin: Machine, seed: UInt64) {
        machine = origin
        calls = RandomCalls(seed: seed, cpus: 1)
    }

    override func run() {
        var twigs: [Twig] = []
        for index in 0..<600 {
            _ = calls.step(&machine)
            guard index % 20 == 0 else { continue }
            let twig = Twig(machine)
            twig.start()
            twigs.append(twig)
        }
        // Looked at while the others still write, who must not be noticed.
        frames = machine.frameRuns(from: 0, to: machine.frameEnd, limit: .max)
        for twig in twigs {
            twig.join()
            areTwigsSound = twig.machine.invariantViolation() == nil && areTwigsSound
        }
    }
}

/// Changes a copy that is nobody else's any more, and keeps it: what it gives back when it goes
/// would put the threads in order.
private final class Twig: SystemThread, @unchecked Sendable {
    private(set) var machine: Machine

    init(_ machine: Machine) { self.machine = machine }

    override func run() {
        for order in UInt32(0)..<6 { _ = machine.apply(.allocPages(.kernel, order: order)) }
    }
}
