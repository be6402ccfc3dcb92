internal import CLMDB
import Glibc

/// Checks LMDB's file before LMDB sees it.
enum FileCheck {
    /// - Parameters:
    ///   - file: the path of `data.mdb`; it need not be there.
    ///   - path: the store's directory.
    /// - Throws: ``JournalError/damaged(path:reason:)`` if LMDB could not work with it.
    /// - Complexity: O(records); it reads all of the file that is used.
    static func check(_ file: String, _ path: String) throws(JournalError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT, access(path + "/seed", F_OK) == 0 {
            throw .damaged(
                path: path,
                reason: "data.mdb is missing, which was there with seed; go back to a backup")
        }
        // LMDB says why it cannot be opened.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        if status.st_size == 0 {
            // It is empty while a store is made; what is made last is not there then.
            guard access(path + "/seed", F_OK) != 0 else {
                throw .damaged(path: path, reason: "data.mdb is empty")
            }
            return
        }
        let meta = try newestMeta(descriptor, path)
        let (size, isTooLarge) = (Int(clamping: meta.lastPage) &+ 1).multipliedReportingOverflow(
            by: meta.pageSize)
        guard !isTooLarge, meta.lastPage >= 1, size > 0, size <= Int(status.st_size) else {
            throw .damaged(path: path, reason: "data.mdb has lost its end")
        }
        try withMap(of: descriptor, size, path) { (start) throws(PageDamage) in
            var trees = TreeCheck(start, meta)
            try trees.check(meta.free, .free)
            try trees.check(meta.main, .journal)
        }
    }

    /// The page that says where the trees are.
    private static func newestMeta(
        _ descriptor: Int32, _ path: String
    ) throws(JournalError) -> MetaPage {
        let first = meta(descriptor, 0, 0)
        guard let first, let second = meta(descriptor, 1, first.pageSize),
            second.pageSize == first.pageSize
        else { throw .damaged(path: path, reason: "data.mdb does not begin as LMDB's files do") }
        let newest = first.transaction < second.transaction ? second : first
        // What the trees are said to be like: numbers as keys, and nothing else.
        guard newest.free.flags == UInt16(MDB_INTEGERKEY), newest.main.flags == 0 else {
            throw .damaged(path: path, reason: "data.mdb has trees of another kind")
        }
        return newest
    }

    private static func meta(_ descriptor: Int32, _ number: UInt64, _ offset: Int) -> MetaPage? {
        withUnsafeTemporaryAllocation(byteCount: MetaPage.size, alignment: 8) { bytes in
            guard pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) == bytes.count,
                let start = bytes.baseAddress
            else { return nil }
            return MetaPage(PageBytes(start: UnsafeRawPointer(start)), number: number)
        }
    }

    private static func withMap(
        of descriptor: Int32, _ size: Int, _ path: String,
        _ body: (UnsafeRawPointer) throws(PageDamage) -> Void
    ) throws(JournalError) {
        guard let map = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), map != MAP_FAILED
        else {
            throw .system(operation: "mmap", code: errno, reason: String(cString: strerror(errno)))
        }
        defer { munmap(map, size) }
        // Reads all of it, one behind the other; a disk that cannot would end the process later.
        if madvise(map, size, MADV_POPULATE_READ) != 0, errno == EFAULT || errno == EIO {
            throw .damaged(path: path, reason: "the disk does not give all of data.mdb")
        }
        do throws(PageDamage) { try body(map) } catch {
            throw .damaged(path: path, reason: error.description)
        }
    }
}
