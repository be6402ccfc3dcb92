import Glibc
import Synchronization

/// The last records, beside the database, until they go there together.
///
///     | end (8) | size (4) | key (12) | record | size | key | record | ... end
///
/// A commit copies every page on the way to a record; here a record is copied and nothing else. The file
/// is written through a map: what stands there before `end` outlives the process, since the system has it.
final class RecentRecords: @unchecked Sendable {
    // Whoever writes to the database is alone here, too.
    private let map: UnsafeMutableRawPointer
    private let file: String
    /// Where the records end that are there for good, and where the next one begins.
    private var end: Int
    private var next: Int

    /// Bytes of the file.
    static let size = 128 << 10
    private static let start = 8
    private static let headerSize = 4 + JournalKey.byteCount

    /// Opens the records of a directory.
    ///
    /// - Parameters:
    ///   - isUsed: whether more may come; if not, there are none if there is no file.
    ///   - isExpected: whether an earlier process had the file and has not closed the store.
    /// - Throws: ``JournalError/damaged(path:reason:)`` if the file is gone that must be there, or if it
    ///   cannot be told where its records begin and end. Whether they are what was written is not
    ///   looked at.
    static func open(
        in directory: String, isUsed: Bool, isExpected: Bool = false
    ) throws(JournalError) -> RecentRecords? {
        let file = directory + "/recent"
        if isExpected, access(file, F_OK) != 0, errno == ENOENT {
            throw damaged(directory, "is missing")
        }
        let flags = isUsed ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDWR | O_CLOEXEC
        let descriptor = Glibc.open(file, flags, 0o600)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .notWritable(path: file, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size == 0 || status.st_size == size else {
            throw damaged(directory, "has lost its end")
        }
        if isExpected, status.st_size == 0 { throw damaged(directory, "is empty") }
        // A page of the map without room on the disk would end the process.
        try FileSystem.allocate(size, of: file, descriptor, in: directory)
        let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let map, map != MAP_FAILED else {
            throw .system(operation: "mmap", code: errno, reason: String(cString: strerror(errno)))
        }
        let records = RecentRecords(map, file)
        guard records.areFramed, !isExpected || records.saysEnd else {
            throw damaged(directory, "is not what was written")
        }
        if isUsed, !records.saysEnd { records.clear() }
        return records
    }

    /// The error of a file whose records are lost, in a sentence that says what can be done.
    ///
    /// - Parameter fault: what is wrong with the file.
    static func damaged(_ directory: String, _ fault: String) -> JournalError {
        .damaged(
            path: directory,
            reason:
                "the file recent \(fault), which has the last calls before the process was killed;"
                + " go back to a backup, or move recent and open-since-boot away to go on without these"
                + " calls")
    }

    private init(_ map: UnsafeMutableRawPointer, _ file: String) {
        self.map = map
        self.file = file
        end = Self.start
        next = Self.start
        let written = map.load(as: UInt64.self)
        if written != 0 { end = Int(clamping: written) }
        next = end
    }

    deinit { munmap(map, Self.size) }

    /// Takes the file away, when there is nothing in it.
    func remove() { unlink(file) }

    /// Whether the file says where they end, as it does once it has been in use.
    private var saysEnd: Bool { map.load(as: UInt64.self) != 0 }

    /// Whether there are none.
    var isEmpty: Bool { end == Self.start }

    /// Bytes of the file that are in use.
    var byteCount: Int { end }
}

// MARK: - Writing

extension RecentRecords {
    /// Begins with records that are there whole or not at all.
    func begin() { next = end }

    /// Adds a record.
    ///
    /// - Returns: whether there was room for it.
    func add(_ key: JournalKey, _ record: UnsafeRawBufferPointer) -> Bool {
        guard Self.size - next >= Self.headerSize + record.count, let bytes = record.baseAddress
        else { return false }
        let place = map + next
        place.storeBytes(of: UInt32(record.count), as: UInt32.self)
        key.withBytes { bytes in
            (place + 4).copyMemory(from: bytes.baseAddress!, byteCount: JournalKey.byteCount)
        }
        (place + Self.headerSize).copyMemory(from: bytes, byteCount: record.count)
        next += Self.headerSize + record.count
        return true
    }

    /// Has the records that were added be there for good.
    func commit() {
        end = next
        setEnd()
    }

    /// Forgets all, once the database has them.
    func clear() {
        end = Self.start
        next = Self.start
        setEnd()
    }

    /// Says where the records end, after everything that was written before.
    private func setEnd() {
        let word = map.assumingMemoryBound(to: Atomic<UInt64>.self)
        word.pointee.store(UInt64(end), ordering: .releasing)
    }
}

// MARK: - Reading

extension RecentRecords {
    /// Hands out the records, in the order in which they came.
    func forEach(
        _ body: (JournalKey, UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) {
        var place = Self.start
        while place < end {
            let record = record(at: place)
            try body(JournalKey(at: map + place + 4), record)
            place += Self.headerSize + record.count
        }
    }

    private func record(at place: Int) -> UnsafeRawBufferPointer {
        let size = Int(map.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        return UnsafeRawBufferPointer(start: map + place + Self.headerSize, count: size)
    }

    /// Bytes of the smallest record.
    private static let leastRecord = 5

    /// Whether the records lie one behind the other up to where they end.
    private var areFramed: Bool {
        guard (Self.start...Self.size).contains(end) else { return false }
        var place = Self.start
        while place < end {
            guard end - place >= Self.headerSize else { return false }
            let record = record(at: place)
            guard record.count >= Self.leastRecord,
                end - place - Self.headerSize >= record.count
            else { return false }
            place += Self.headerSize + record.count
        }
        return true
    }
}
