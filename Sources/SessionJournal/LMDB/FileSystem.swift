internal import CLMDB
import Glibc

/// What a file system keeps its promises about.
enum FileSystem {
    /// Whether blocks that were allocated ahead can be written without fail, so that a map of the file
    /// may be written to.
    ///
    /// Those that copy on write (btrfs, ZFS, bcachefs) need new blocks for every change, and layered and
    /// networked ones say nothing about what lies below; so the ones that do are named.
    ///
    /// - Parameter descriptor: of a file on it, of which one page is allocated for a trial.
    static func keepsAllocatedBlocks(_ descriptor: Int32) -> Bool {
        var status = statfs()
        guard fstatfs(descriptor, &status) == 0, fallocate(descriptor, 0, 0, 4_096) == 0 else {
            return false
        }
        let ext4 = 0xef53
        let xfs = 0x5846_5342
        let tmpfs = 0x0102_1994
        return [ext4, xfs, tmpfs].contains(Int(status.f_type))
    }

    /// Allocates the blocks of a small file, so that a map of it can be written to.
    ///
    /// - Parameters:
    ///   - descriptor: of the file; one that was empty is taken away if there is no room.
    ///   - directory: for the message.
    /// - Throws: ``JournalError/diskFull(path:)`` if there is no room.
    ///
    /// The corresponding C function is `posix_fallocate`.
    static func allocate(
        _ size: Int, of file: String, _ descriptor: Int32, in directory: String
    ) throws(JournalError) {
        var status = stat()
        let isNew = fstat(descriptor, &status) == 0 && status.st_size == 0
        let code = posix_fallocate(descriptor, 0, off_t(size))
        if code == 0 { return }
        if isNew { unlink(file) }
        switch code {
        case ENOSPC, EDQUOT, EFBIG: throw .diskFull(path: directory)
        case EROFS, EPERM, EACCES:
            throw .notWritable(path: file, reason: String(cString: strerror(code)))
        default:
            throw .system(
                operation: "posix_fallocate", code: code, reason: String(cString: strerror(code)))
        }
    }
}
