import KernelMemory
import KernelTestSupport
import MicroHTTPD
import SessionJournal
import Testing

@testable import MemoryAPI

/// Spectators hear of what has come to stay, and of nothing else; and of all of it when a session ends.
@Suite struct HeldEventTests {
    /// A session, and what its spectators are told.
    private struct Stage {
        let service: MemoryService
        let session: Session

        init(_ journal: (any JournalStore)?) throws {
            service = MemoryService(journal: journal)
            var client = TestClient(service.router())
            try client.boot()
            let token = try #require(client.token)
            let found = try Array(token.utf8).withUnsafeBytes { [service] bytes in
                try Token(bytes).flatMap { try service.store.session($0) }
            }
            session = try #require(found)
        }

        func spectator(_ options: EventStream.Options = .init()) throws -> EventStream {
            let stream = EventStream(session, service.spectators, options)
            try service.spectators.add(stream, to: session)
            return stream
        }

        /// Makes calls in one change.
        func call(_ count: Int = 1) throws {
            _ = try service.store.change(session, .own) { (state) throws(Problem) in
                for _ in 0..<count { _ = try state.apply(.allocPage(.kernel)) }
            }
        }

        func move(to step: Int) throws {
            _ = try service.store.change(session, .own) { (state) throws(Problem) in
                try state.move(to: step)
            }
        }
    }

    /// What a spectator is told now: the events, and whether the stream ends.
    private func events(_ stream: EventStream) throws -> (all: [ReceivedEvent], hasEnded: Bool) {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 3_000)
        while true {
            switch block.withUnsafeMutableBytes({ stream.read(into: $0) }) {
            case .bytes(let count): bytes += block.prefix(count)
            case .wait:
                return (try ReceivedEvent.all(String(decoding: bytes, as: UTF8.self)), false)
            default: return (try ReceivedEvent.all(String(decoding: bytes, as: UTF8.self)), true)
            }
        }
    }

    private func told(_ stream: EventStream) throws -> [String] {
        let (all, hasEnded) = try events(stream)
        return all.map { $0.name == "end" ? "end" : $0.summary } + (hasEnded ? ["over"] : [])
    }

    @Test func change_isToldWhenItHasComeToStay() throws {
        let journal = SlowJournalStore()
        let stage = try Stage(journal)
        let stream = try stage.spectator()
        try stage.call()
        try stage.call()
        #expect(try told(stream) == [])
        journal.settle(1)
        #expect(try told(stream) == ["call 1"])
        let late = try stage.spectator()
        #expect(try told(late) == ["call 1"])
        try stage.move(to: 0)
        journal.settle(1)
        #expect(try told(stream) == ["call 2"])
        journal.settle()
        for stream in [stream, late] { #expect(try told(stream) == ["undo 0"]) }
    }

    @Test func spectatorWhoComesWhileAChangeIsOnItsWay_waitsForIt() throws {
        let journal = SlowJournalStore()
        let stage = try Stage(journal)
        try stage.call(3)
        let stream = try stage.spectator()
        #expect(try told(stream) == [])
        journal.settle()
        #expect(try told(stream) == ["call 1", "call 2", "call 3"])
    }

    @Test func settledCalls_thatAreOverwrittenOnTheWay_areNotMixedWithThem() throws {
        let journal = SlowJournalStore()
        let stage = try Stage(journal)
        let stream = try stage.spectator()
        try stage.call(3)
        journal.settle()
        try stage.move(to: 1)
        try stage.call()
        #expect(try told(stream) == [])
        journal.settle()
        #expect(try told(stream) == ["call 1", "call 2"])
    }

    @Test func anyChanges_settledAtAnyTime_areToldInOrder() throws {
        for seed in 0..<12 as Range<UInt64> {
            let journal = SlowJournalStore()
            let stage = try Stage(journal)
            let stream = try stage.spectator()
            var generator = SeededRandom(seed: seed)
            var paths: [[String]] = []
            var settled: Set<String> = []
            var last = ""
            for round in 0..<120 {
                let position = try stage.service.store.look(at: stage.session) { state in
                    (state.step, state.lastStep)
                }
                let before = journal.openCount
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: try stage.move(to: Int.random(in: 0...position.1, using: &generator))
                default: try stage.call(Int.random(in: 1...3, using: &generator))
                }
                if journal.openCount > before { paths.append(try path(stage)) }
                let count = round == 119 ? paths.count : Int.random(in: 0...2, using: &generator)
                for path in paths.prefix(count) { settled.formUnion(path) }
                paths.removeFirst(min(count, paths.count))
                journal.settle(count)
                for event in try events(stream).all {
                    last = try #require(event.id)
                    #expect(settled.contains(last), "seed \(seed), round \(round)")
                }
            }
            #expect(try last == path(stage).last, "seed \(seed)")
            stream.closed()
        }
    }

    /// The ids of the states that led to where the session stands.
    private func path(_ stage: Stage) throws -> [String] {
        try stage.service.store.look(at: stage.session) { state in
            (0...state.step).map { step in
                var output = OutputBuffer()
                state.head(at: step).writeEventID(to: &output)
                return String(decoding: output.bytes, as: UTF8.self)
            }
        }
    }

    @Test func end_comesBehindWhatThereIs() throws {
        let stage = try Stage(nil)
        let (quick, slow) = (try stage.spectator(), try stage.spectator())
        var options = EventStream.Options()
        options.limit = 2
        let modest = try stage.spectator(options)
        try stage.call(2)
        #expect(try told(quick) == ["call 1", "call 2"])
        try stage.call()
        try stage.service.store.end(stage.session)
        #expect(try told(quick) == ["call 3", "end", "over"])
        #expect(try told(slow) == ["call 1", "call 2", "call 3", "end", "over"])
        #expect(try told(modest) == ["call 1", "call 2", "over"])
    }

    @Test func end_ofALongSession_isBounded() throws {
        let stage = try Stage(nil)
        let stream = try stage.spectator()
        try stage.call(900)
        try stage.service.store.end(stage.session)
        let all = try told(stream)
        #expect(all.count > 100 && all.count < 800)
        #expect(all.suffix(2) == ["end", "over"])
    }

    @Test(arguments: [true, false])
    func end_isToldWhenItHasComeToStay(isLost: Bool) throws {
        let journal = SlowJournalStore()
        let stage = try Stage(journal)
        let stream = try stage.spectator()
        try stage.call()
        try stage.service.store.end(stage.session)
        #expect(try told(stream) == [])
        journal.settle(1)
        #expect(try told(stream) == [])
        journal.settle(1, isLost ? .failure(.diskFull(path: "")) : .success(()))
        #expect(try told(stream) == (isLost ? ["over"] : ["call 1", "end", "over"]))
    }

    @Test func end_ofASessionOutOfMemory_isToldAllTheSame() throws {
        let stage = try Stage(MemoryJournalStore())
        let stream = try stage.spectator()
        try stage.call(2)
        stage.session.residence.withLock { $0.leave() }
        try stage.service.store.end(stage.session)
        #expect(try told(stream) == ["call 1", "call 2", "end", "over"])
    }
}
