import KernelMemory
import KernelTestSupport
import MicroHTTPD
import SessionJournal
import Testing

@testable import MemoryAPI

/// A spectator that is told of a session's events, and what it believes of the session.
private struct Follower {
    var cursor: EventCursor
    /// The states that it was told of, the machine that booted first.
    var states: [JournalHead]
    /// Where it believes the session to be.
    var step = 0
    var resets = 0

    init(_ session: borrowing SessionState) {
        states = [session.head(at: 0)]
        cursor = EventCursor(states[0])
    }

    /// Takes some events.
    ///
    /// - Returns: whether there were no more.
    mutating func follow(_ session: borrowing SessionState, atMost limit: Int) -> Bool {
        for _ in 0..<limit {
            guard let event = cursor.next(session, towards: session.head) else { return true }
            let position = cursor.position
            switch event {
            case .call(let step):
                #expect(Int(step) == self.step + 1)
                states.removeLast(states.count - Int(step))
                states.append(position)
            case .undo: #expect(position.step < step)
            case .redo: #expect(position.step > step)
            case .reset:
                resets += 1
                states = (0...Int(position.step)).map { session.head(at: $0) }
            }
            step = Int(position.step)
            // It knows the state that it was told to be in.
            #expect(states.indices.contains(step) && states[step] == position)
        }
        return false
    }
}

/// Any mix of calls, undo and redo, followed at any pace.
@Suite struct EventCursorTests {
    /// Changes a session at random.
    private func change(
        _ session: inout SessionState, _ generator: inout SeededRandom
    ) {
        let count = Int.random(in: 1...4, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: _ = try? session.move(to: max(0, session.step - count))
        case 1: _ = try? session.move(to: min(session.lastStep, session.step + count))
        default:
            for _ in 0..<count {
                let order = UInt32.random(in: 0...2, using: &generator)
                _ = try? session.apply(.allocPages(.kernel, order: order))
                if session.machine.step > 60 { _ = try? session.move(to: 20) }
            }
        }
    }

    /// Follows a session that changes a hundred times.
    ///
    /// - Parameter disturb: called in each round, before the follower hears of the change.
    /// - Returns: how often the follower was reset.
    private func follow(
        seed: UInt64, _ disturb: (_ round: Int, inout EventCursor) -> Void
    ) throws -> Int {
        let service = MemoryService()
        var client = TestClient(service.router())
        try client.boot()
        return try service.look(try #require(client.token)) { session in
            var generator = SeededRandom(seed: seed)
            var follower = Follower(session)
            _ = follower.follow(session, atMost: 1)
            for round in 0..<100 {
                change(&session, &generator)
                disturb(round, &follower.cursor)
                follower.cursor.noteLowest(UInt32(session.takeLowestStep()))
                _ = follower.follow(session, atMost: Int.random(in: 0...6, using: &generator))
            }
            let isUpToDate = follower.follow(session, atMost: .max)
            #expect(isUpToDate)
            let states = (0...session.step).map { session.head(at: $0) }
            #expect(Array(follower.states[...follower.step]) == states, "seed \(seed)")
            return follower.resets
        }
    }

    @Test func follower_whoStays_endsWhereTheSessionIsWithoutAReset() throws {
        for seed in 0..<10 as Range<UInt64> {
            #expect(try follow(seed: seed) { _, _ in } == 0, "seed \(seed)")
        }
    }

    @Test func follower_whoComesBack_endsWhereTheSessionIs() throws {
        var resets = 0
        for seed in 10..<20 as Range<UInt64> {
            resets += try follow(seed: seed) { round, cursor in
                if round % 5 == 0 { cursor = EventCursor(cursor.position) }
                if round % 7 == 0 { cursor.noteLoss() }
            }
        }
        #expect(resets > 0)
    }
}
