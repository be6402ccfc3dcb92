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

    @Test func forgetfulStore_acceptsAllAndKeepsNothing() throws {
        let store: any JournalStore = ForgetfulJournalStore()
        _ = try store.create(.sample(1))
        let ticket = try store.append(calls(1...5), to: session, expecting: head(0))
        #expect(ticket.settlement != nil)
        #expect(try store.sessions() == [] && store.session(session) == nil)
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
