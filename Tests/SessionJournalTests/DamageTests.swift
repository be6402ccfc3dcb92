import Glibc
import KernelMemory
import Testing

@testable import SessionJournal

/// Stores that are not as they were written.
@Suite struct DamageTests {
    private let directory = TemporaryDirectory()
    private let first = SessionKey(rawValue: 1)
    private let second = SessionKey(rawValue: 2)
    private let calls = (1...5).map { RecordedCall(.vmalloc(size: $0), stateHash: $0) }

    private func fill() throws {
        let store = try LMDBJournalStore(directory: directory.store, durability: .power)
        for session in [first, second] {
            _ = try store.create(.sample(session.rawValue))
            _ = try store.append(
                calls, to: session, expecting: JournalHead(step: 0, stateHash: 0))
        }
    }

    private func open() throws -> LMDBJournalStore {
        try LMDBJournalStore(directory: directory.store, durability: .process)
    }

    /// Writes or deletes a record past the store.
    private func change(_ key: JournalKey, _ bytes: [UInt8]?) throws {
        let environment = try Environment(
            path: directory.store, lock: DirectoryLock(directory.store), flags: 0,
            mapSize: 1 << 24)
        let transaction = try Transaction(environment, isReadOnly: false)
        if let bytes { try transaction.put(key, bytes) } else { try transaction.delete(key) }
        try transaction.commit()
    }

    @Test func record_damagedNewerOrMissing_concernsItsSessionOnly() throws {
        try fill()
        let key = JournalKey(first, 3)
        var newer = RecordWriter()
        newer.byte(3)
        newer.word(3)
        var flipped = calls[2].encoded(key)
        flipped[2] ^= 1
        let cases: [([UInt8]?, RecordError)] = [
            (flipped, .damaged), (newer.sealed(key), .newerVersion(3)), ([], .truncated),
            (calls[2].encoded(JournalKey(first, 4)), .damaged), (nil, .missing),
        ]
        for (bytes, error) in cases {
            try change(key, bytes)
            let store = try open()
            var read = 0
            #expect(
                journalError { () throws(JournalError) in
                    try store.read(first, from: 1) { (_, _) throws(JournalError) in read += 1 }
                } == .unreadable(first, step: 3, error))
            #expect(read == 2)
            #expect(try store.calls(second) == calls)
        }
    }

    @Test func sessionRecord_damaged_concernsItsSessionOnly() throws {
        try fill()
        try change(JournalKey(first, JournalKey.start), [1, 2, 3, 4, 5, 6])
        let store = try open()
        #expect(
            journalError { () throws(JournalError) in try store.session(first) }
                == .unreadable(first, step: 0, .damaged))
        #expect(try store.sessions() == [first, second])
        #expect(try store.session(second) == .sample(2))
        _ = try store.end(first)
        #expect(try store.sessions() == [second])
    }

    @Test func position_beyondTheCalls_isRefused() throws {
        try fill()
        let key = JournalKey(first, JournalKey.position)
        try change(key, StoredPosition.encoded(9, key))
        let store = try open()
        #expect(
            journalError { () throws(JournalError) in try store.position(of: first) }
                == .unreadable(first, step: JournalKey.position, .outOfRange("position")))
    }

    @Test func file_ofSomethingElseOrWithoutItsEnd_isRefused() throws {
        try fill()
        let file = directory.store + "/data.mdb"
        truncate(file, 2 * 4_096)
        #expect(
            journalError { () throws(JournalError) in
                try LMDBJournalStore(directory: directory.store, durability: .power)
            } == .damaged(path: directory.store, reason: "data.mdb has lost its end"))
        truncate(file, 0)
        truncate(file, 1 << 16)
        let error = journalError { () throws(JournalError) in
            try LMDBJournalStore(directory: directory.store, durability: .power)
        }
        guard case .damaged = error else {
            Issue.record("a file of zeroes gave \(String(describing: error))")
            return
        }
    }

    @Test func file_emptyInAStoreThatWasMade_isRefused() throws {
        try fill()
        truncate(directory.store + "/data.mdb", 0)
        #expect(
            journalError { () throws(JournalError) in
                try LMDBJournalStore(directory: directory.store, durability: .process)
            } == .damaged(path: directory.store, reason: "data.mdb is empty"))
    }

    @Test func file_missingInAStoreThatWasMade_isRefusedAndNotMadeAnew() throws {
        try fill()
        let file = directory.store + "/data.mdb"
        try #require(rename(file, directory.path + "/kept") == 0)
        for durability in JournalDurability.allCases {
            #expect(
                journalError { () throws(JournalError) in
                    try LMDBJournalStore(directory: directory.store, durability: durability)
                }
                    == .damaged(
                        path: directory.store,
                        reason:
                            "data.mdb is missing, which was there with seed; go back to a backup"
                    ))
            #expect(access(file, F_OK) != 0)
        }
        try #require(rename(directory.path + "/kept", file) == 0)
        #expect(try open().calls(first) == calls)
    }

    /// Pages at random, in hundreds of ways: what cannot be read is refused, and nothing ends the process.
    @Test(arguments: [1, 2] as [UInt64])
    func pages_damagedAtRandom_endNoProcess(_ seed: UInt64) throws {
        let other = try OtherProcess("damage", directory.store, "\(seed)", "200")
        let output = other.end()
        let refused = output.split(separator: "\n").last?.split(separator: " ")
        #expect(other.status == 0, "seed \(seed), ended in \(refused ?? [])")
        try #require(refused?.first == "refused")
        // Where nothing is that counts, damage does no harm.
        #expect((40..<200).contains(Int(refused?.last ?? "") ?? 0), "\(refused ?? [])")
    }

    @Test func mark_ofAnotherBoot_isRefused() throws {
        try fill()
        let mark = Glibc.open(directory.store + "/open-since-boot", O_WRONLY | O_CREAT, 0o600)
        #expect(write(mark, "another boot", 12) == 12)
        close(mark)
        #expect(
            journalError { () throws(JournalError) in
                try LMDBJournalStore(directory: directory.store, durability: .process)
            } == .hostWentDown(path: directory.store))
    }

    @Test func mark_isThereWhileAStoreOfAProcessIsOpen() throws {
        let file = directory.store + "/open-since-boot"
        var store: LMDBJournalStore? = try open()
        #expect(access(file, F_OK) == 0)
        _ = try store?.create(.sample(1))
        store = nil
        #expect(access(file, F_OK) != 0)
    }

    @Test func mark_ofAKilledProcess_goesWithPowerDurability() throws {
        let file = directory.store + "/open-since-boot"
        do {
            let store = try open()
            _ = try store.create(.sample(1))
            try #require(rename(file, directory.store + "/kept") == 0)
        }
        try #require(rename(directory.store + "/kept", file) == 0)
        let store = try LMDBJournalStore(directory: directory.store, durability: .power)
        #expect(access(file, F_OK) != 0)
        #expect(try store.session(first) == .sample(1))
    }

    @Test(arguments: [0, 1_000, 1_900, 3_000])
    func end_ofALargeSession_takesLittleRoom(_ size: Int) throws {
        let store = try LMDBJournalStore(directory: directory.store, durability: .process)
        _ = try store.create(.sample(1))
        _ = try store.create(.sample(2))
        let bytes = [UInt8](repeating: 1, count: size)
        let calls = (1...4_000).map { RecordedCall(.store(.null, bytes), stateHash: $0) }
        let start = JournalHead(step: 0, stateHash: 0)
        _ = try store.append(calls, to: first, expecting: start)
        let before = store.usedBytes
        _ = try store.end(first)
        #expect(store.usedBytes - before < 256 << 10, "records of \(size) bytes")
    }

    @Test func map_atItsLimit_isFull() throws {
        let store = try LMDBJournalStore(
            directory: directory.store, durability: .process, mapSize: 1 << 16, mapLimit: 1 << 18)
        _ = try store.create(.sample(1))
        let call = RecordedCall(.store(.null, [UInt8](repeating: 1, count: 60_000)), stateHash: 1)
        var step: UInt32 = 0
        var error: JournalError?
        while error == nil, step < 10 {
            let head = JournalHead(step: step, stateHash: 1)
            error = journalError { () throws(JournalError) in
                try store.append([call], to: first, expecting: head)
            }
            step += 1
        }
        #expect(error == .storeFull(limit: 1 << 18))
        #expect(try store.calls(first).count == Int(step) - 1)
    }
}
