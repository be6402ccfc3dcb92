import KernelMemory
import KernelTestSupport
import Testing

/// A machine is a value: copies never feel each other.
@Suite struct MachineValueTests {
    @Test func copy_isUntouchedByChangesOfTheOriginal() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        var calls = RandomCalls(seed: 11, cpus: 1)
        for _ in 0..<200 { _ = calls.step(&machine) }
        let copy = machine
        let before = machine.frameRuns(from: 0, to: 1024, limit: .max)
        for _ in 0..<200 { _ = calls.step(&machine) }
        #expect(copy.frameRuns(from: 0, to: 1024, limit: .max) == before)
        #expect(machine.frameRuns(from: 0, to: 1024, limit: .max) != before)
    }

    @Test func randomForks_agreeWithTheirReplays() throws {
        let image = BootImage(try MachineConfiguration(memoryInMiB: 64))
        var random = SeededRandom(seed: 12)
        var family: [(machine: Machine, calls: [KernelCall])] = [(Machine(booting: image), [])]
        for _ in 0..<6_000 {
            let index = Int.random(in: 0..<family.count, using: &random)
            if Int.random(in: 0..<20, using: &random) == 0 {
                let copy = family[index]
                if family.count < 12 { family.append(copy) } else { family.remove(at: index) }
                continue
            }
            let call = Self.call(&random, family[index].machine)
            _ = family[index].machine.apply(call)
            family[index].calls.append(call)
        }
        for member in family {
            var replay = Machine(booting: image)
            for call in member.calls { _ = replay.apply(call) }
            let end = replay.frameEnd
            #expect(
                replay.frameRuns(from: 0, to: end, limit: .max)
                    == member.machine.frameRuns(from: 0, to: end, limit: .max))
            #expect(member.machine.invariantViolation() == nil)
        }
    }

    @Test func forks_onSeveralThreads_doNotDisturbEachOther() async throws {
        var start = Machine(try MachineConfiguration(memoryInMiB: 64))
        for _ in 0..<2_000 { _ = start.apply(.allocPage(.kernel)) }
        let origin = start
        let expected = Self.run(origin, seed: 1)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<4).allSatisfy { _ in
                        Self.run(origin, seed: 1) == expected
                            && Self.run(origin, seed: 2) != expected
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(origin.liveUse.pages == 2_000)
    }

    private static func run(_ origin: Machine, seed: UInt64) -> [FrameRun] {
        var machine = origin
        var calls = RandomCalls(seed: seed, cpus: 1)
        for index in 0..<1_500 {
            _ = calls.step(&machine)
            if index % 100 == 0 {
                var fork = machine
                _ = fork.apply(.allocPages(.kernel, order: 3))
            }
        }
        return machine.frameRuns(from: 0, to: machine.frameEnd, limit: .max)
    }

    private static func call(_ random: inout SeededRandom, _ machine: Machine) -> KernelCall {
        let order = UInt32.random(in: 0...6, using: &random)
        var live: [FrameRun] = []
        if Bool.random(using: &random) { machine.forEachLiveBlock { live.append($0) } }
        guard let block = live.randomElement(using: &random) else {
            return .allocPages([.kernel, .noWarn], order: order)
        }
        return .freePagesOf(machine.pagePointer(of: block.start), order: UInt32(block.order!))
    }
}
