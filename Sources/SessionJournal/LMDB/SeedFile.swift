import Glibc

/// The file of a store's random bytes, made once.
enum SeedFile {
    private static let byteCount = 32

    /// Reads the file of a directory, or makes it.
    ///
    /// - Throws: ``JournalError`` if it can neither be read nor made.
    static func bytes(in directory: String) throws(JournalError) -> [UInt8] {
        let path = directory + "/seed"
        if let bytes = read(path) { return bytes }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard getentropy(&bytes, byteCount) == 0 else { throw failure("getentropy") }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .notWritable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        guard write(descriptor, bytes, byteCount) == byteCount, fsync(descriptor) == 0 else {
            throw .diskFull(path: path)
        }
        return bytes
    }

    /// The bytes of a whole file; one that a crash cut short is made anew, since nobody has seen it.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        return Glibc.read(descriptor, &bytes, byteCount) == byteCount ? bytes : nil
    }

    private static func failure(_ operation: String) -> JournalError {
        .system(operation: operation, code: errno, reason: String(cString: strerror(errno)))
    }
}
