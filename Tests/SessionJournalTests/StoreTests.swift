import Glibc
import KernelMemory
import KernelTestSupport
import Testing

@testable import SessionJournal

/// What every store does.
@Suite struct StoreTests {
    enum Kind: CaseIterable { case memory, process, power }

    private let directory = TemporaryDirectory()
    private let session = SessionKey(rawValue: 1)

    private func store(_ kind: Kind) throws -> any JournalStore {
        switch kind {
        case .memory: MemoryJournalStore()
        case .process: try LMDBJournalStore(directory: directory.store, durability: .process)
        case .power: try LMDBJournalStore(directory: directory.store, durability: .power)
        }
    }

    private func calls(_ hashes: ClosedRange<UInt64>) -> [RecordedCall] {
        hashes.map { RecordedCall(.kmalloc(size: $0, .kernel), stateHash: $0) }
    }

    private func head(_ step: UInt32) -> JournalHead {
        JournalHead(step: step, stateHash: UInt64(step))
    }

    @Test(arguments: Kind.allCases)
    func append_behindWhereTheSessionStands_isRead(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        _ = try store.append(calls(1...3), to: session, expecting: head(0))
        _ = try store.append(calls(4...4), to: session, expecting: head(3))
        #expect(try store.calls(session) == calls(1...4))
        #expect(try store.calls(session, from: 3) == calls(3...4))
        #expect(try store.calls(session, from: 5) == [])
        #expect(try store.position(of: session) == JournalPosition(step: 4, lastStep: 4))
        #expect(try store.session(session) == .sample(1))
        try store.sync()
        #expect(try store.sessions() == [session])
    }

    @Test(arguments: Kind.allCases)
    func create_withCalls_isOneChange(_ kind: Kind) throws {
        let store = try store(kind)
        let commits = store.figures?.commits ?? 0
        _ = try store.create(.sample(1), calls: calls(1...100))
        _ = try store.append(calls(101...101), to: session, expecting: head(100))
        #expect(try store.calls(session) == calls(1...101))
        #expect(try store.position(of: session) == JournalPosition(step: 101, lastStep: 101))
        if kind == .process {
            #expect(store.figures?.commits == commits + 2, "what is beside the database was read")
        }
        #expect(
            journalError { () throws(JournalError) in
                try store.create(.sample(1), calls: calls(1...3))
            } == .sessionExists(session))
        #expect(try store.calls(session) == calls(1...101))
    }

    @Test(arguments: Kind.allCases)
    func append_whenAnotherWasFirst_isRefused(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        _ = try store.append(calls(1...3), to: session, expecting: head(0))
        for wrong in [head(0), head(2), head(4), JournalHead(step: 3, stateHash: 99)] {
            #expect(
                journalError { () throws(JournalError) in
                    try store.append(calls(9...9), to: session, expecting: wrong)
                } == .conflict(session, expected: wrong.step, found: 3))
        }
        #expect(try store.calls(session) == calls(1...3))
    }

    @Test(arguments: Kind.allCases)
    func append_behindUndoneCalls_overwritesThem(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        _ = try store.append(calls(1...5), to: session, expecting: head(0))
        _ = try store.move(session, from: head(5), to: head(2))
        #expect(try store.position(of: session) == JournalPosition(step: 2, lastStep: 5))
        #expect(
            journalError { () throws(JournalError) in
                try store.append(calls(6...6), to: session, expecting: head(5))
            } == .conflict(session, expected: 5, found: 2))
        let new = [RecordedCall(.dropSlab, stateHash: 33)]
        _ = try store.append(new, to: session, expecting: head(2))
        #expect(try store.calls(session) == calls(1...2) + new)
        #expect(try store.position(of: session) == JournalPosition(step: 3, lastStep: 3))
    }

    @Test(arguments: Kind.allCases)
    func move_forthAndToTheStart_keepsTheCalls(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        _ = try store.append(calls(1...5), to: session, expecting: head(0))
        _ = try store.move(session, from: head(5), to: head(0))
        _ = try store.move(session, from: head(0), to: head(4))
        _ = try store.move(session, from: head(4), to: head(5))
        #expect(try store.position(of: session) == JournalPosition(step: 5, lastStep: 5))
        _ = try store.append(calls(6...6), to: session, expecting: head(5))
        #expect(try store.calls(session) == calls(1...6))
    }

    @Test(arguments: Kind.allCases)
    func end_forgetsTheSession(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        _ = try store.create(.sample(2))
        _ = try store.append(calls(1...5), to: session, expecting: head(0))
        _ = try store.move(session, from: head(5), to: head(3))
        _ = try store.end(session)
        #expect(
            journalError { () throws(JournalError) in try store.end(session) }
                == .unknownSession(session))
        #expect(
            journalError { () throws(JournalError) in
                try store.append(calls(1...1), to: session, expecting: head(0))
            } == .unknownSession(session))
        try store.sync()
        #expect(try store.sessions() == [SessionKey(rawValue: 2)])
        #expect(
            journalError { () throws(JournalError) in try store.create(.sample(2)) }
                == .sessionExists(SessionKey(rawValue: 2)))
        _ = try store.create(.sample(1))
        #expect(try store.calls(session) == [])
    }

    private func answer(_ number: UInt64) -> NumberedAnswer {
        NumberedAnswer(
            StoredAnswer(
                key: Array("key-\(number)".utf8), request: number, status: 201, contentType: [],
                location: [], body: [1]), number: number)
    }

    @Test(arguments: Kind.allCases)
    func answers_outliveTheCallsTheyCameWith(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        _ = try store.create(.sample(2))
        _ = try store.append(
            calls(1...3), to: session, expecting: head(0), keeping: answer(0))
        _ = try store.move(session, from: head(3), to: head(1), keeping: answer(1))
        #expect(try store.position(of: session) == JournalPosition(step: 1, lastStep: 3))
        _ = try store.append([], to: session, expecting: head(1), keeping: answer(2))
        #expect(try store.position(of: session) == JournalPosition(step: 1, lastStep: 3))
        #expect(
            journalError { () throws(JournalError) in
                try store.append([], to: session, expecting: head(3), keeping: answer(3))
            } == .conflict(session, expected: 3, found: 1))
        _ = try store.append(calls(7...7), to: session, expecting: head(1))
        #expect(try store.position(of: session) == JournalPosition(step: 2, lastStep: 2))
        #expect(try store.calls(session) == calls(1...1) + calls(7...7))
        #expect(try store.answers(of: session) == [answer(0), answer(1), answer(2)])
        #expect(try store.answers(of: SessionKey(rawValue: 2)) == [])
        _ = try store.end(session)
        _ = try store.create(.sample(1))
        #expect(try store.answers(of: session) == [])
    }

    @Test(arguments: Kind.allCases)
    func answers_areTheLastOnes(_ kind: Kind) throws {
        let store = try store(kind)
        _ = try store.create(.sample(1))
        for number in 0..<UInt64(NumberedAnswer.limit) + 7 {
            _ = try store.append(
                [RecordedCall(.dropSlab, stateHash: number + 1)], to: session,
                expecting: head(UInt32(number)), keeping: answer(number))
        }
        let kept = 7..<UInt64(NumberedAnswer.limit) + 7
        #expect(try store.answers(of: session) == kept.map { answer($0) })
        #expect(try store.position(of: session).lastStep == UInt32(kept.upperBound))
    }

    @Test(arguments: Kind.allCases)
    func uses_areTheLastOnesToldAndGoWithTheirSessions(_ kind: Kind) throws {
        let store = try store(kind)
        for number in 1...5 as ClosedRange<UInt64> { _ = try store.create(.sample(number)) }
        _ = try store.append(calls(1...3), to: session, expecting: head(0))
        func uses(_ first: UInt64, _ limit: Int) throws -> [UInt64?] {
            try store.sync()
            return try store.uses(from: SessionKey(rawValue: first), limit: limit).map(\.second)
        }
        #expect(try uses(0, 9) == [nil, nil, nil, nil, nil])
        let numbers: [UInt64] = [1, 2, 77]
        try store.note(numbers.map { SessionUse(SessionKey(rawValue: $0), second: 1_000 + $0) })
        try store.note([SessionUse(session, second: 3_000)])
        #expect(try uses(0, 9) == [3_000, 1_002, nil, nil, nil])
        #expect(try uses(2, 2) == [1_002, nil])
        #expect(try store.use(of: session) == SessionUse(session, second: 3_000))
        #expect(try store.position(of: session) == JournalPosition(step: 3, lastStep: 3))
        _ = try store.append(calls(4...4), to: session, expecting: head(3))
        #expect(try store.calls(session) == calls(1...4))
        _ = try store.end(session)
        #expect(try uses(0, 9) == [1_002, nil, nil, nil])
        store.noteServed(seconds: 86_400)
        #expect(store.servedSeconds == 86_400)
    }

    @Test func aSessionsAnswers_areNoCallsOfIt() throws {
        let key = JournalKey(session, JournalHead.stepLimit)
        #expect(key.isCall && !key.isAnswer)
        for number in 0..<UInt64(NumberedAnswer.limit) {
            let key = answer(number).key(in: session)
            #expect(key.isAnswer && !key.isCall)
        }
        for step in [JournalKey.position, JournalKey.use] {
            let key = JournalKey(session, step)
            #expect(!key.isAnswer && !key.isCall)
        }
    }

    @Test func whenSettled_isCalledOnceForEachChange() throws {
        let store = try store(.power)
        let lines = Lines()
        _ = try store.create(.sample(1))
        for step in 0..<50 as Range<UInt32> {
            let hash = UInt64(step) + 1
            let ticket = try store.append(calls(hash...hash), to: session, expecting: head(step))
            ticket.whenSettled { if case .success = $0 { lines.add(Int(hash)) } }
        }
        try store.sync()
        // The last tickets may be settled a moment after the sync.
        for _ in 0..<1_000 where lines.all.count < 50 { usleep(1_000) }
        #expect(lines.all == Array(1...50))
    }
}
