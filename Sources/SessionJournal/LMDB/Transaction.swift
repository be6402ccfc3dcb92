internal import CLMDB

/// A transaction: it sees one state of the database, and what it writes is there whole or not at all.
///
/// It ends without effect unless it is committed. The corresponding C type is `MDB_txn`.
struct Transaction: ~Copyable {
    let pointer: OpaquePointer
    let environment: Environment

    /// Begins one. There is one that writes at a time; it belongs to the thread that began it.
    init(_ environment: Environment, isReadOnly: Bool) throws(JournalError) {
        var pointer: OpaquePointer?
        let flags = isReadOnly ? UInt32(MDB_RDONLY) : 0
        let code = mdb_txn_begin(environment.pointer, nil, flags, &pointer)
        try LMDBCode.check(code, "mdb_txn_begin", environment.path)
        guard let pointer else { preconditionFailure("mdb_txn_begin made nothing") }
        self.pointer = pointer
        self.environment = environment
        isOpen = true
    }

    private var isOpen: Bool

    deinit {
        if isOpen { mdb_txn_abort(pointer) }
    }

    /// Makes what was written the state that the next transaction sees.
    consuming func commit() throws(JournalError) {
        isOpen = false
        try LMDBCode.check(mdb_txn_commit(pointer), "mdb_txn_commit", environment.path)
    }

    /// The value of a key; `nil` if there is none. Valid until the next change.
    borrowing func value(_ key: JournalKey) throws(JournalError) -> UnsafeRawBufferPointer? {
        var value = MDB_val()
        let code = key.withValue { mdb_get(pointer, environment.database, $0, &value) }
        guard try LMDBCode.found(code, "mdb_get", environment.path) else { return nil }
        return UnsafeRawBufferPointer(value)
    }

    /// Writes a value, over one that is there.
    borrowing func put(
        _ key: JournalKey, _ bytes: UnsafeRawBufferPointer
    ) throws(JournalError) {
        var value = MDB_val(bytes)
        let code = key.withValue { mdb_put(pointer, environment.database, $0, &value, 0) }
        try LMDBCode.check(code, "mdb_put", environment.path)
    }

    /// Writes a value, over one that is there.
    borrowing func put(_ key: JournalKey, _ bytes: [UInt8]) throws(JournalError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(JournalError) in
            try put(key, UnsafeRawBufferPointer(bytes))
        }
    }

    /// Deletes a key if it is there.
    borrowing func delete(_ key: JournalKey) throws(JournalError) {
        let code = key.withValue { mdb_del(pointer, environment.database, $0, nil) }
        _ = try LMDBCode.found(code, "mdb_del", environment.path)
    }
}

extension JournalKey {
    /// The key as LMDB takes it; it changes nothing of it.
    @inline(__always)
    func withValue(_ body: (UnsafeMutablePointer<MDB_val>) -> Int32) -> Int32 {
        withBytes { bytes in
            var value = MDB_val(bytes)
            return body(&value)
        }
    }
}

extension MDB_val {
    /// Bytes as LMDB takes them; it changes nothing of them.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(
            mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a value in the map.
    init(_ value: MDB_val) { self.init(start: value.mv_data, count: value.mv_size) }
}
