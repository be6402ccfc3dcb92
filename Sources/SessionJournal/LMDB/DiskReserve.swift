internal import CLMDB
import Glibc

/// Sees to it that there is room on the disk before a transaction needs it.
///
/// With a map that is written to, a page without room on the disk would be a SIGBUS and not an error;
/// so the file's blocks are allocated ahead. Deleting needs pages too, since LMDB copies what it changes:
/// what appends must leave free is there for it.
struct DiskReserve {
    /// Bytes of the file that have blocks.
    private var allocated = 0
    /// Bytes that the records of the current transaction can make it take.
    private var pending = 0
    /// Whether the file system can allocate ahead.
    private var isSupported = true

    /// What a transaction is about to do.
    enum Purpose {
        /// It adds.
        case growth
        /// It deletes, and leaves less than there was.
        case deletion
    }

    /// Bytes that are allocated at a time, if there are as many.
    static let stepInBytes = 16 << 20
    /// Bytes that a small change takes at most: LMDB's own lists, and a path of pages in each tree.
    private static let baseInBytes = 2 << 20

    /// Whether the map has room for what ``RecentRecords`` may still become.
    static func hasRoomForRecent(in environment: Environment) -> Bool {
        environment.usedBytes + baseInBytes + 4 * RecentRecords.size <= environment.mapSize
    }

    /// A transaction begins.
    mutating func begin() { pending = 0 }

    /// Allocates what the current transaction may need for its next change.
    ///
    /// - Parameter bytes: of the records that this change writes and deletes, with their keys.
    /// - Throws: ``JournalError/diskFull(path:)``, and nothing has changed but for blocks that belong to
    ///   the file now.
    mutating func reserve(
        _ bytes: Int, for purpose: Purpose, in environment: Environment
    ) throws(JournalError) {
        // Half-filled pages, and their copies. While records are deleted one behind the other, the pages
        // that become empty are those that the next ones are copied to; what grows is LMDB's list.
        pending += purpose == .growth ? 4 * bytes : bytes / 32
        let least = environment.usedBytes + Self.baseInBytes + pending
        let end = purpose == .growth ? least + Self.baseInBytes : least
        if _fastPath(end <= allocated || !isSupported) { return }
        let rounded = (end / Self.stepInBytes + 1) * Self.stepInBytes
        let limit = max(end, min(rounded, environment.mapSize))
        let descriptor = environment.fileDescriptor
        if try allocate(limit, descriptor, environment.path) { return }
        if try allocate(end, descriptor, environment.path) { return }
        // What ended sessions have left is as good, as long as enough is left for deleting.
        if least <= allocated, try environment.freeBytes() >= Self.baseInBytes { return }
        throw .diskFull(path: environment.path)
    }

    /// - Returns: whether the file has blocks up to there; `false` if the disk is full.
    private mutating func allocate(
        _ end: Int, _ descriptor: Int32, _ path: String
    ) throws(JournalError) -> Bool {
        var code: Int32
        repeat { code = fallocate(descriptor, 0, 0, end) == 0 ? 0 : errno } while code == EINTR
        switch code {
        case 0:
            allocated = end
            return true
        case EOPNOTSUPP, ENOSYS:
            isSupported = false
            return true
        case ENOSPC, EDQUOT, EFBIG: return false
        case EROFS, EPERM, EACCES:
            throw .notWritable(path: path, reason: String(cString: strerror(code)))
        default:
            throw .system(
                operation: "fallocate", code: code, reason: String(cString: strerror(code)))
        }
    }
}
