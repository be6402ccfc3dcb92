internal import CLMDB
import Glibc

/// Turns what LMDB's functions return into errors, in one place.
enum LMDBCode {
    /// - Parameters:
    ///   - operation: the C function that returned the code.
    ///   - path: the store's directory.
    @inline(__always)
    static func check(
        _ code: Int32, _ operation: StaticString, _ path: @autoclosure () -> String
    ) throws(JournalError) {
        if _fastPath(code == MDB_SUCCESS) { return }
        throw error(code, operation, path())
    }

    /// The same, for functions that may find nothing.
    ///
    /// - Returns: whether they found something.
    @inline(__always)
    static func found(
        _ code: Int32, _ operation: StaticString, _ path: @autoclosure () -> String
    ) throws(JournalError) -> Bool {
        if code == MDB_NOTFOUND { return false }
        try check(code, operation, path())
        return true
    }

    @inline(never)
    private static func error(
        _ code: Int32, _ operation: StaticString, _ path: String
    ) -> JournalError {
        let reason = mdb_strerror(code).map { String(cString: $0) } ?? "unknown"
        switch code {
        case MDB_MAP_FULL: return .storeFull(limit: 0)
        case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH, MDB_PANIC,
            MDB_BAD_TXN:
            return .damaged(path: path, reason: reason)
        case ENOSPC, EDQUOT, EFBIG: return .diskFull(path: path)
        case EACCES, EROFS, EPERM: return .notWritable(path: path, reason: reason)
        // LMDB writes pages, and says EIO for one that was written in part: the disk is full.
        case EIO where isFull(path): return .diskFull(path: path)
        default: return .system(operation: "\(operation)", code: code, reason: reason)
        }
    }

    private static func isFull(_ path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_bavail * status.f_frsize < 1 << 20
    }
}
