import Glibc
import KernelMemory
import Testing

@testable import SessionJournal

/// Records beside the database, and what comes of them.
@Suite struct RecentRecordsTests {
    private let directory = TemporaryDirectory()
    private let session = SessionKey(rawValue: 1)

    private func call(_ step: Int) -> RecordedCall {
        RecordedCall(.vmalloc(size: UInt64(step)), stateHash: UInt64(step))
    }

    private func records(isUsed: Bool = true) throws -> RecentRecords? {
        try RecentRecords.open(in: directory.path, isUsed: isUsed)
    }

    private func contents(_ records: RecentRecords?) throws -> [UInt32] {
        var steps: [UInt32] = []
        try records?.forEach { (key, _) throws(JournalError) in steps.append(key.step) }
        return steps
    }

    private func add(
        _ records: RecentRecords, _ step: Int, of session: SessionKey = SessionKey(rawValue: 1)
    ) throws {
        let key = JournalKey(session, UInt32(step))
        let bytes = call(step).encoded(key)
        try bytes.withUnsafeBytes { try #require(records.add(key, $0)) }
    }

    @Test func records_thatWereCommitted_areThereAgainAndNoOthers() throws {
        defer { unlink(directory.path + "/recent") }
        #expect(try records(isUsed: false) == nil)
        var kept = try records()
        try kept.map { records in
            #expect(records.isEmpty)
            for step in 1...3 { try add(records, step) }
            records.commit()
            try add(records, 4)
        }
        kept = nil
        kept = try records(isUsed: false)
        #expect(try contents(kept) == [1, 2, 3])
        kept?.clear()
        kept = try records()
        #expect(try contents(kept) == [])
    }

    /// Changes some bytes of the file, and changes them back.
    private func withDamage(
        _ file: String, at offset: Int, count: Int = 1, _ body: () throws -> Void
    ) throws {
        let descriptor = Glibc.open(file, O_RDWR)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        try #require(pread(descriptor, &bytes, count, off_t(offset)) == count)
        let changed = count == 1 ? [bytes[0] ^ 0x11] : [UInt8](repeating: 0, count: count)
        pwrite(descriptor, changed, count, off_t(offset))
        try body()
        pwrite(descriptor, bytes, count, off_t(offset))
    }

    private func refusal(_ fault: String, isExpected: Bool = false) -> Bool {
        journalError { () throws(JournalError) in
            try RecentRecords.open(in: directory.path, isUsed: true, isExpected: isExpected)
        } == RecentRecords.damaged(directory.path, fault)
    }

    @Test func records_thatDoNotLieOneBehindTheOther_areRefused() throws {
        let file = directory.path + "/recent"
        defer { unlink(file) }
        #expect(refusal("is missing", isExpected: true))
        close(creat(file, 0o600))
        #expect(refusal("is empty", isExpected: true))
        let kept = try #require(try records())
        for step in 1...3 { try add(kept, step) }
        kept.commit()
        for offset in [0, 5, 8] {
            try withDamage(file, at: offset) {
                #expect(refusal("is not what was written"), "byte \(offset)")
            }
        }
        for (offset, count) in [(0, 8), (0, 4_096), (8, 4_088)] {
            try withDamage(file, at: offset, count: count) {
                #expect(refusal("is not what was written", isExpected: true), "\(offset), \(count)")
            }
        }
        #expect(try contents(records()) == [1, 2, 3])
        truncate(file, 4_096)
        #expect(refusal("has lost its end"))
    }

    /// A store as a process leaves it that was killed, with three calls of each of two sessions in `recent`.
    private func killedStore() throws -> (TemporaryDirectory, byteCount: Int) {
        let store = TemporaryDirectory()
        do {
            let open = try LMDBJournalStore(directory: store.store, durability: .process)
            for number in [1, 2] as [UInt64] {
                _ = try open.create(.sample(number), calls: [call(1)])
            }
        }
        let records = try #require(try RecentRecords.open(in: store.store, isUsed: true))
        for step in 2...4 {
            for number in [1, 2] as [UInt64] {
                try add(records, step, of: SessionKey(rawValue: number))
            }
        }
        records.commit()
        try OpenMark(store.store).set(usesRecent: true)
        return (store, records.byteCount)
    }

    @Test func record_damaged_concernsItsSessionOnly() throws {
        let (copy, byteCount) = try killedStore()
        try #require(byteCount > 100)
        var (refused, opened) = (0, 0)
        for offset in stride(from: 12, to: byteCount, by: 7) {
            let one = TemporaryDirectory()
            try copyStore(from: copy.store, to: one.store, with: ["open-since-boot"])
            try withDamage(one.store + "/recent", at: offset) {
                let store: LMDBJournalStore
                do throws(JournalError) {
                    store = try LMDBJournalStore(directory: one.store, durability: .process)
                } catch {
                    guard case .damaged(_, let reason) = error else { throw error }
                    #expect(reason.contains("the file recent"))
                    return refused += 1
                }
                opened += 1
                let whole = [1, 2].filter {
                    (try? store.calls(SessionKey(rawValue: $0))) == (1...4).map(call)
                }
                #expect(whole.count == 1, "byte \(offset)")
            }
        }
        // Sizes and keys are 16 bytes of each record.
        #expect(refused < opened, "\(refused) of \(refused + opened)")
    }

    @Test func file_goneFromAStoreThatWasNotClosed_isRefused() throws {
        let (copy, _) = try killedStore()
        try #require(rename(copy.store + "/recent", copy.path + "/kept") == 0)
        for durability in JournalDurability.allCases {
            #expect(
                journalError { () throws(JournalError) in
                    try LMDBJournalStore(directory: copy.store, durability: durability)
                } == RecentRecords.damaged(copy.store, "is missing"))
        }
        try #require(rename(copy.path + "/kept", copy.store + "/recent") == 0)
        var store: LMDBJournalStore? = try LMDBJournalStore(
            directory: copy.store, durability: .process)
        #expect(try store?.calls(session).count == 4)
        store = nil
        // One that was closed needs none, and neither does one that opens without it.
        unlink(copy.store + "/recent")
        store = try LMDBJournalStore(directory: copy.store, durability: .power)
        #expect(try store?.calls(session).count == 4)
    }

    /// A copy of the database alone, as `mdb_copy` makes it.
    @Test func database_withoutWhatIsBesideIt_lacksNoMoreThanASecond() throws {
        let store = try LMDBJournalStore(directory: directory.store, durability: .process)
        _ = try store.create(.sample(1), calls: [call(1)])
        _ = try store.append(
            [call(2)], to: session, expecting: JournalHead(step: 1, stateHash: 1))
        let commits = try #require(store.figures?.commits)
        for _ in 0..<100 where store.figures?.commits == commits { usleep(50_000) }
        let copy = TemporaryDirectory()
        try copyStore(to: copy.store)
        unlink(copy.store + "/recent")
        let other = try LMDBJournalStore(directory: copy.store, durability: .process)
        #expect(try other.calls(session) == (1...2).map(call))
    }

    /// More calls than there is room for beside the database; each store sees all that came before it.
    @Test func store_copiedAtAnyMoment_hasAllCalls() throws {
        let store = try LMDBJournalStore(directory: directory.store, durability: .process)
        _ = try store.create(.sample(1))
        var head = JournalHead(step: 0, stateHash: 0)
        for step in 1...12_000 {
            _ = try store.append([call(step)], to: session, expecting: head)
            head = JournalHead(step: UInt32(step), stateHash: UInt64(step))
            guard step % 1_777 == 0 else { continue }
            let copy = TemporaryDirectory()
            try copyStore(to: copy.store)
            let durability: JournalDurability = step % 2 == 0 ? .process : .power
            let other = try LMDBJournalStore(directory: copy.store, durability: durability)
            #expect(try other.position(of: session).step == UInt32(step))
            #expect(try other.calls(session) == (1...step).map(call))
        }
        #expect(try store.position(of: session).step == 12_000)
    }

    private func copyStore(
        from: String? = nil, to other: String, with names: [String] = []
    ) throws {
        try #require(mkdir(other, 0o700) == 0)
        // First what may go to the other one meanwhile.
        for name in ["recent", "data.mdb"] + names {
            let source = open((from ?? directory.store) + "/" + name, O_RDONLY)
            var status = stat()
            fstat(source, &status)
            let limit = min(Int(status.st_size), 8 << 20)
            var bytes = [UInt8](repeating: 0, count: limit)
            defer { close(source) }
            let count = read(source, &bytes, limit)
            let target = open(other + "/" + name, O_WRONLY | O_CREAT, 0o600)
            defer { close(target) }
            try #require(write(target, bytes, count) == count)
        }
    }
}
