internal import CLMDB
import Glibc
import Synchronization

/// An open LMDB environment: a directory with one file of pages.
///
/// The corresponding C type is `MDB_env`; see http://www.lmdb.tech/doc/.
final class Environment: @unchecked Sendable {
    // `mdb_env_set_mapsize` is the only function used here that must not run beside others, and
    // `gate` keeps it apart from them.
    let pointer: OpaquePointer
    let path: String
    /// The database of the environment; it has one without a name, which is all that is used.
    private(set) var database: MDB_dbi = 0
    /// Held shared by whoever has a transaction, and alone by whoever moves the map.
    let gate = SharedGate()
    /// How often it was waited for the disk, commits left out.
    private let syncs = Atomic<UInt64>(0)
    /// How many commits there were before this process.
    private var earlierCommits = 0
    /// Released when the environment has been closed.
    private let lock: DirectoryLock

    /// Bytes of a page. LMDB takes the system's.
    static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Opens or makes the environment in a directory that one has.
    ///
    /// - Parameter flags: of `mdb_env_open`.
    init(
        path: String, lock: DirectoryLock, flags: Int32, mapSize: Int
    ) throws(JournalError) {
        try FileCheck.check(path + "/data.mdb", path)
        var pointer: OpaquePointer?
        try LMDBCode.check(mdb_env_create(&pointer), "mdb_env_create", path)
        guard let pointer else { preconditionFailure("mdb_env_create made nothing") }
        self.pointer = pointer
        self.path = path
        self.lock = lock
        try LMDBCode.check(
            mdb_env_set_mapsize(pointer, mapSize), "mdb_env_set_mapsize", path)
        try LMDBCode.check(
            mdb_env_set_maxreaders(pointer, ReaderTable.readerCount), "mdb_env_set_maxreaders",
            path)
        try ReaderTable.allocate(in: path)
        try LMDBCode.check(
            mdb_env_open(pointer, path, UInt32(flags), 0o600), "mdb_env_open", path)
        earlierCommits = info.me_last_txnid
        try openDatabase()
    }

    deinit { mdb_env_close(pointer) }

    private func openDatabase() throws(JournalError) {
        let transaction = try Transaction(self, isReadOnly: false)
        try LMDBCode.check(
            mdb_dbi_open(transaction.pointer, nil, 0, &database), "mdb_dbi_open", path)
        try LMDBCode.check(
            mdb_set_compare(transaction.pointer, database, keysCompared), "mdb_set_compare", path)
        try transaction.commit()
    }
}

/// LMDB orders keys. It is LMDB's own order, found in fewer instructions.
///
/// The corresponding C type is `MDB_cmp_func`.
private let keysCompared:
    @convention(c) (UnsafePointer<MDB_val>?, UnsafePointer<MDB_val>?) -> Int32 = { left, right in
        guard let left = left?.pointee, let right = right?.pointee else { return 0 }
        if _fastPath(left.mv_size == JournalKey.byteCount && right.mv_size == left.mv_size) {
            return JournalKey(at: left.mv_data).compared(to: JournalKey(at: right.mv_data))
        }
        return unusualKeysCompared(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
    }

/// The same for keys of another size, which are there only in a file that is damaged.
@inline(never)
private func unusualKeysCompared(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
) -> Int32 {
    if left.elementsEqual(right) { return 0 }
    return left.lexicographicallyPrecedes(right) ? -1 : 1
}

extension Environment {
    private var info: MDB_envinfo {
        var info = MDB_envinfo()
        mdb_env_info(pointer, &info)
        return info
    }

    /// Bytes of the file up to the last page that the last commit used.
    var usedBytes: Int { (info.me_last_pgno + 1) * Self.pageSize }

    /// What the environment has and has done.
    ///
    /// - Parameter syncsWithCommits: whether each commit waits for the disk.
    func figures(syncsWithCommits: Bool) -> JournalFigures {
        let info = info
        let commits = syncsWithCommits ? UInt64(info.me_last_txnid - earlierCommits) : 0
        return JournalFigures(
            usedBytes: UInt64(usedBytes), mapBytes: UInt64(info.me_mapsize),
            commits: UInt64(info.me_last_txnid),
            syncs: commits + syncs.load(ordering: .relaxed))
    }

    /// Bytes that the map has, and that the file can have.
    var mapSize: Int { info.me_mapsize }

    /// The descriptor of the file of pages; the environment's own.
    var fileDescriptor: Int32 {
        var descriptor: Int32 = -1
        mdb_env_get_fd(pointer, &descriptor)
        return descriptor
    }

    /// Bytes of pages before that which are free again.
    ///
    /// - Complexity: O(transactions that freed them).
    func freeBytes() throws(JournalError) -> Int {
        let transaction = try Transaction(self, isReadOnly: true)
        // Database 0 lists them: each value is a number of pages, and their numbers.
        var cursor: OpaquePointer?
        try LMDBCode.check(
            mdb_cursor_open(transaction.pointer, 0, &cursor), "mdb_cursor_open", path)
        defer { mdb_cursor_close(cursor) }
        var (key, value, pages) = (MDB_val(), MDB_val(), 0)
        while try LMDBCode.found(
            mdb_cursor_get(cursor, &key, &value, MDB_NEXT), "mdb_cursor_get", path)
        {
            pages += UnsafeRawBufferPointer(value).loadUnaligned(as: Int.self)
        }
        return pages * Self.pageSize
    }

    /// Moves to a larger map; no thread has a transaction meanwhile.
    func grow(to mapSize: Int) throws(JournalError) {
        try gate.alone { () throws(JournalError) in
            try LMDBCode.check(
                mdb_env_set_mapsize(pointer, mapSize), "mdb_env_set_mapsize", path)
        }
    }

    /// Writes to the disk what commits have left in the system's memory.
    func sync() throws(JournalError) {
        try gate.shared { () throws(JournalError) in
            try LMDBCode.check(mdb_env_sync(pointer, 1), "mdb_env_sync", path)
        }
        syncs.add(1, ordering: .relaxed)
    }
}
