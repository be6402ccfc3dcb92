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

    private func add(_ records: RecentRecords, _ step: Int) throws {
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

    @Test func records_damagedOrCutShort_areRefused() throws {
        let file = directory.path + "/recent"
        defer { unlink(file) }
        let kept = try #require(try records())
        for step in 1...3 { try add(kept, step) }
        kept.commit()
        let size = kept.byteCount
        for offset in [0, 5, 8, 12, 20, 30, size - 1] {
            let descriptor = open(file, O_RDWR)
            defer { close(descriptor) }
            var byte: UInt8 = 0
            pread(descriptor, &byte, 1, off_t(offset))
            byte ^= 0x11
            pwrite(descriptor, &byte, 1, off_t(offset))
            #expect(
                journalError { () throws(JournalError) in
                    try RecentRecords.open(in: directory.path, isUsed: true)
                }
                    == .damaged(
                        path: directory.path, reason: "the file recent is not what was written"),
                "byte \(offset)")
            byte ^= 0x11
            pwrite(descriptor, &byte, 1, off_t(offset))
        }
        #expect(try contents(records()) == [1, 2, 3])
        truncate(file, 4_096)
        #expect(
            journalError { () throws(JournalError) in
                try RecentRecords.open(in: directory.path, isUsed: true)
            } == .damaged(path: directory.path, reason: "the file recent has lost its end"))
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

    private func copyStore(to other: String) throws {
        try #require(mkdir(other, 0o700) == 0)
        for (name, limit) in [("data.mdb", 8 << 20), ("recent", RecentRecords.size)] {
            var bytes = [UInt8](repeating: 0, count: limit)
            let source = open(directory.store + "/" + name, O_RDONLY)
            defer { close(source) }
            let count = read(source, &bytes, limit)
            let target = open(other + "/" + name, O_WRONLY | O_CREAT, 0o600)
            defer { close(target) }
            try #require(write(target, bytes, count) == count)
        }
    }
}
