internal import CLMDB

/// A place among the keys of a transaction, which must outlive it.
///
/// The corresponding C type is `MDB_cursor`.
struct Cursor: ~Copyable {
    /// A record at its place; the bytes are valid until the next change.
    struct Entry {
        let key: JournalKey
        let bytes: UnsafeRawBufferPointer
    }

    private let pointer: OpaquePointer
    private let path: String

    init(_ transaction: borrowing Transaction) throws(JournalError) {
        var pointer: OpaquePointer?
        path = transaction.environment.path
        let code = mdb_cursor_open(
            transaction.pointer, transaction.environment.database, &pointer)
        try LMDBCode.check(code, "mdb_cursor_open", path)
        guard let pointer else { preconditionFailure("mdb_cursor_open made nothing") }
        self.pointer = pointer
    }

    deinit { mdb_cursor_close(pointer) }

    /// Goes to a key, or else to the next one; `nil` at the end.
    func seek(_ key: JournalKey) throws(JournalError) -> Entry? {
        try get(MDB_SET_RANGE, key)
    }

    /// Goes to exactly this key; `nil` if it is not there.
    func find(_ key: JournalKey) throws(JournalError) -> Entry? {
        try get(MDB_SET_KEY, key)
    }

    /// Goes one on; `nil` at the end.
    func next() throws(JournalError) -> Entry? { try get(MDB_NEXT, nil) }

    /// Goes one back; `nil` at the beginning.
    func previous() throws(JournalError) -> Entry? { try get(MDB_PREV, nil) }

    /// Goes to the last key; `nil` if there is none.
    func last() throws(JournalError) -> Entry? { try get(MDB_LAST, nil) }

    /// Deletes the record here; ``next()`` then gives the one behind it.
    func delete() throws(JournalError) {
        try LMDBCode.check(mdb_cursor_del(pointer, 0), "mdb_cursor_del", path)
    }

    @inline(__always)
    private func get(
        _ operation: MDB_cursor_op, _ key: JournalKey?
    ) throws(JournalError) -> Entry? {
        // LMDB points the key at its own copy, but leaves the caller's where it is sought for.
        var found: JournalKey?
        var size = 0
        var value = MDB_val()
        let code = (key ?? JournalKey(SessionKey(rawValue: 0), 0)).withValue { place in
            let code = mdb_cursor_get(pointer, place, &value, operation)
            size = place.pointee.mv_size
            if code == MDB_SUCCESS { found = JournalKey(UnsafeRawBufferPointer(place.pointee)) }
            return code
        }
        guard try LMDBCode.found(code, "mdb_cursor_get", path) else { return nil }
        guard let key = found else {
            throw .damaged(path: path, reason: "a key has \(size) bytes")
        }
        return Entry(key: key, bytes: UnsafeRawBufferPointer(value))
    }
}
