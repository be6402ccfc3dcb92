import Glibc
import KernelMemory
import Testing

@testable import SessionJournal

/// Stores that other processes use, or were killed with.
@Suite(.serialized) struct ProcessTests {
    private let directory = TemporaryDirectory()
    private let session = SessionKey(rawValue: 1)

    @Test(arguments: JournalDurability.allCases)
    func kill_inTheMiddleOfAppending_losesNothingThatWasDurable(
        _ durability: JournalDurability
    ) throws {
        var durable: UInt32 = 0
        for round in 0..<8 {
            let process = try OtherProcess("append", directory.store, durability.rawValue)
            var output = process.read(atLeast: 300 + 1_000 * round)
            output += process.kill()
            // The last line may be cut.
            let lines = output.split(separator: "\n").dropLast()
            durable = max(durable, lines.last.flatMap { UInt32($0) } ?? 0)
            try check(durability, durable, round)
        }
    }

    private func check(_ durability: JournalDurability, _ durable: UInt32, _ round: Int) throws {
        let store = try LMDBJournalStore(directory: directory.store, durability: durability)
        let position = try store.position(of: session)
        #expect(position.step >= durable, "round \(round)")
        let calls = try store.calls(session)
        #expect(calls.count == Int(position.lastStep))
        for (index, call) in calls.enumerated() where call.stateHash != UInt64(index + 1) * 7 {
            Issue.record("round \(round): step \(index + 1) has another hash")
        }
    }

    @Test func secondProcess_isRefused() throws {
        let store = try LMDBJournalStore(directory: directory.store, durability: .process)
        let other = try OtherProcess("append", directory.store, "process")
        #expect(other.end() == "Another process works with \(directory.store).\n")
        #expect(other.status == 3)
        #expect(
            journalError { () throws(JournalError) in
                try LMDBJournalStore(directory: directory.store, durability: .power)
            } == .inUse(path: directory.store))
        _ = try store.create(.sample(1))
    }

    @Test func missingParent_isRefused() throws {
        let path = directory.path + "/nowhere/data"
        #expect(
            journalError { () throws(JournalError) in
                try LMDBJournalStore(directory: path, durability: .process)
            } == .notWritable(path: path, reason: "No such file or directory"))
    }
}

/// Stores on a file system of their own; only root can mount one.
@Suite(.serialized, .enabled(if: SmallDisk.isPossible)) struct DiskTests {
    private let session = SessionKey(rawValue: 1)

    /// Appends until there is no more room.
    ///
    /// - Returns: the last step.
    private func fill(_ store: LMDBJournalStore, _ session: SessionKey) throws -> UInt32 {
        let bytes = [UInt8](repeating: 7, count: 1_000)
        var step: UInt32 = 0
        while true {
            let calls = (1...10).map {
                RecordedCall(.store(.null, bytes), stateHash: UInt64(step + $0))
            }
            let head = JournalHead(step: step, stateHash: UInt64(step))
            let error = journalError { () throws(JournalError) in
                let ticket = try store.append(calls, to: session, expecting: head)
                if case nil = ticket.settlement { try? store.sync() }
                // The writer says that all is done before it settles the tickets.
                while case nil = ticket.settlement { usleep(1_000) }
                if case .failure(let error)? = ticket.settlement { throw error }
            }
            if case .diskFull = error { return step }
            if let error { throw error }
            step += 10
        }
    }

    @Test(arguments: JournalDurability.allCases)
    func fullDisk_isAnErrorAndLosesNothing(_ durability: JournalDurability) throws {
        let disk = try SmallDisk(megabytes: 24)
        let path = disk.path + "/data"
        var store: LMDBJournalStore? = try LMDBJournalStore(
            directory: path, durability: durability)
        for number in 1...2 as ClosedRange<UInt64> { _ = try store!.create(.sample(number)) }
        let written = try fill(store!, session)
        #expect(written > 5_000)
        #expect(try store!.position(of: session).step == written)
        #expect(try fill(store!, SessionKey(rawValue: 2)) <= 10)
        store = nil
        store = try LMDBJournalStore(directory: path, durability: durability)
        #expect(try store!.calls(session).count == Int(written))
        // Ending a session makes room without more disk.
        _ = try store!.end(session)
        try store!.sync()
        #expect(try store!.sessions() == [SessionKey(rawValue: 2)])
        _ = try store!.create(.sample(3))
        #expect(try fill(store!, SessionKey(rawValue: 3)) > written / 3)
        store = nil
    }

    @Test func readOnlyDisk_isRefused() throws {
        let disk = try SmallDisk(megabytes: 1)
        mkdir(disk.path + "/data", 0o700)
        try disk.makeReadOnly()
        let path = disk.path + "/data"
        #expect(
            journalError { () throws(JournalError) in
                try LMDBJournalStore(directory: path, durability: .process)
            } == .notWritable(path: path, reason: "Read-only file system"))
    }
}

/// A file system in memory.
final class SmallDisk {
    let path: String

    struct Failure: Error { let code: Int32 }

    /// Whether this process may mount one.
    static let isPossible = (try? SmallDisk(megabytes: 1)) != nil

    init(megabytes: Int) throws {
        var template = Array("/tmp/journal-disk-XXXXXX\0".utf8CString.dropLast())
        guard let made = mkdtemp(&template) else { throw Failure(code: errno) }
        path = String(cString: made)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            let code = errno
            rmdir(path)
            throw Failure(code: code)
        }
    }

    func makeReadOnly() throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
        else { throw Failure(code: errno) }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }
}
