import Glibc

/// LMDB's file of who reads, `lock.mdb`.
///
/// LMDB makes it as long as it needs and writes to it through a map: without room on the disk the first
/// write would be a SIGBUS and not an error. So its blocks are allocated before.
enum ReaderTable {
    /// Threads that can read at the same time.
    static let readerCount: UInt32 = 1_022

    /// Bytes of the file: an entry of 64 for each reader, and LMDB's own before them, which take two more.
    ///
    /// The corresponding C types are LMDB's `MDB_reader` and `MDB_txninfo`.
    static let size = (Int(readerCount) + 2) * 64

    /// Sees to it that the file of a directory has its blocks; nobody may have it open.
    ///
    /// - Throws: ``JournalError/diskFull(path:)`` if there is no room; there is no new file then.
    static func allocate(in directory: String) throws(JournalError) {
        let file = directory + "/lock.mdb"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .diskFull(path: directory) }
            throw .notWritable(path: file, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        try FileSystem.allocate(size, of: file, descriptor, in: directory)
    }
}
