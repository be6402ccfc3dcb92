import Glibc

/// A directory that this store has for itself.
///
/// The lock is the kernel's (`flock`): it goes with the process, however that ends.
final class DirectoryLock: Sendable {
    /// The lock file's.
    let descriptor: Int32

    /// Makes the directory if it is not there, and takes it.
    ///
    /// - Throws: ``JournalError/inUse(path:)`` if another store has it, in this process or another.
    init(_ path: String) throws(JournalError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .notWritable(path: path, reason: String(cString: strerror(errno)))
        }
        descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .notWritable(path: path, reason: String(cString: strerror(errno)))
        }
        guard Self.takes(descriptor) else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(path: path) }
            throw .system(
                operation: "flock", code: code, reason: String(cString: strerror(code)))
        }
    }

    /// Takes the lock, also from a process that is just ending.
    private static func takes(_ descriptor: Int32) -> Bool {
        for _ in 0..<25 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(20_000)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    deinit { close(descriptor) }
}
