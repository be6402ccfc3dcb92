import KernelMemory
import KernelTestSupport
import Testing

@testable import SessionJournal

/// Seeded random changes of an LMDB store, beside the store in memory that is its model.
@Suite struct StoreRandomTests {
    private struct Run {
        let directory = TemporaryDirectory()
        let model = MemoryJournalStore()
        let durability: JournalDurability
        var store: LMDBJournalStore?
        var records: RandomRecords
        let name: String

        init(seed: UInt64, _ durability: JournalDurability) throws {
            self.durability = durability
            records = RandomRecords(seed: seed)
            name = "seed \(seed), \(durability)"
            try open()
        }

        mutating func open() throws {
            store = nil
            // So small a map is full after a few changes.
            store = try LMDBJournalStore(
                directory: directory.store, durability: durability, mapSize: 64 << 10)
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int {
            Int.random(in: range, using: &records.random)
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>, JournalDurability.allCases)
    func anyChanges_areThoseOfTheModel(_ seed: UInt64, _ durability: JournalDurability) throws {
        var run = try Run(seed: seed, durability)
        for round in 0..<(durability == .process ? 400 : 150) {
            let key = SessionKey(rawValue: UInt64(run.number(1...5)) << 60)
            let choice = run.number(0...19)
            switch choice {
            case 0: try run.open()
            case 1: try compare(run, "\(run.name), round \(round)")
            default:
                let change = try change(&run, choice, key)
                let expected = journalError { () throws(JournalError) in
                    try change(run.model)
                }
                let found = journalError { () throws(JournalError) in try change(run.store!) }
                #expect(found == expected, "\(run.name), round \(round)")
            }
        }
        try compare(run, run.name)
    }

    private typealias Change = (any JournalStore) throws(JournalError) -> Void

    private func change(_ run: inout Run, _ choice: Int, _ key: SessionKey) throws -> Change {
        let calls = (try? run.model.calls(key)) ?? []
        let position = try? run.model.position(of: key)
        var head = head(Int(position?.step ?? 0), calls)
        if run.number(0...9) == 0 { head = self.head(run.number(0...(calls.count + 1)), calls) }
        if run.number(0...19) == 0 { head.stateHash ^= 1 }
        let answer = run.number(0...2) == 0 ? nextAnswer(&run, key) : nil
        switch choice {
        case 2...3:
            let session = StoredSession(
                key: key, secret: run.records.bytes(32), viewSecret: run.records.bytes(32),
                configuration: try MachineConfiguration(),
                recording: run.number(0...9) == 0 ? run.records.bytes(200_000) : [])
            return { (store) throws(JournalError) in _ = try store.create(session) }
        case 4: return { (store) throws(JournalError) in _ = try store.end(key) }
        case 5...8:
            // A target that is not there is noticed by the writer's thread only.
            let target = self.head(run.number(0...calls.count), calls)
            return { [head] (store) throws(JournalError) in
                _ = try store.move(key, from: head, to: target, keeping: answer)
            }
        default:
            let count = run.number(0...3) == 0 ? run.number(0...40) : 1
            let new = (0..<count).map { _ in run.records.record() }
            return { [head] (store) throws(JournalError) in
                _ = try store.append(new, to: key, expecting: head, keeping: answer)
            }
        }
    }

    private func nextAnswer(_ run: inout Run, _ session: SessionKey) -> NumberedAnswer {
        let last = (try? run.model.answers(of: session))?.last
        let answer = StoredAnswer(
            key: run.records.bytes(255), request: run.records.number(), status: 201,
            contentType: run.records.bytes(20), location: run.records.bytes(20),
            body: run.number(0...3) == 0 ? nil : run.records.bytes(9_000))
        return NumberedAnswer(answer, number: last.map { $0.number + 1 } ?? 0)
    }

    private func head(_ step: Int, _ calls: [RecordedCall]) -> JournalHead {
        let hash = step == 0 ? 0 : step <= calls.count ? calls[step - 1].stateHash : 1
        return JournalHead(step: UInt32(step), stateHash: hash)
    }

    private func compare(_ run: Run, _ name: String) throws {
        let store = run.store!
        try store.sync()
        let sessions = try store.sessions()
        #expect(sessions == run.model.sessions(), "\(name)")
        for session in sessions {
            #expect(try store.session(session) == run.model.session(session), "\(name)")
            #expect(
                try store.position(of: session) == run.model.position(of: session), "\(name)")
            #expect(try store.calls(session) == run.model.calls(session), "\(name)")
            #expect(
                try store.answers(of: session) == run.model.answers(of: session), "\(name)")
        }
    }

    @Test(arguments: JournalDurability.allCases)
    func manyThreads_losingAndWinning_leaveOneOrder(_ durability: JournalDurability) async throws {
        let directory = TemporaryDirectory()
        let store = try LMDBJournalStore(directory: directory.store, durability: durability)
        let session = SessionKey(rawValue: 9)
        _ = try store.create(.sample(9))
        let wins = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<4 {
                group.addTask { Self.append(store, session, UInt64(thread)) }
            }
            return await group.reduce(0, +)
        }
        try store.sync()
        let calls = try store.calls(session)
        #expect(calls.count == wins && wins > 0)
    }

    /// Appends with whatever head it believes in, and looks again when it has lost.
    private static func append(
        _ store: LMDBJournalStore, _ session: SessionKey, _ thread: UInt64
    ) -> Int {
        var wins = 0
        var head = JournalHead(step: 0, stateHash: 0)
        for round in 0..<200 as Range<UInt64> {
            let call = RecordedCall(.dropSlab, stateHash: thread << 32 | round)
            let error = journalError { () throws(JournalError) in
                _ = try store.append([call], to: session, expecting: head)
            }
            if error == nil {
                wins += 1
                head = JournalHead(step: head.step + 1, stateHash: call.stateHash)
            } else if let calls = try? store.calls(session), let last = calls.last {
                head = JournalHead(step: UInt32(calls.count), stateHash: last.stateHash)
            }
        }
        return wins
    }
}
