import Glibc

/// A file that says since which boot of the host a store is open without power durability.
///
/// Such a store survives its process, since the system keeps what it wrote, but not the host: if the
/// mark is of another boot, pages of the file may be missing, and LMDB does not check for that. A word
/// behind it says that records may be in ``RecentRecords``, whose file must be there then.
struct OpenMark {
    private let file: String
    private static let recent = Array("recent\n".utf8)

    init(_ directory: String) { file = directory + "/open-since-boot" }

    /// - Returns: whether a process has not closed the store that had ``RecentRecords``.
    /// - Throws: ``JournalError/hostWentDown(path:)`` if an earlier boot of the host left a mark.
    func check(_ directory: String) throws(JournalError) -> Bool {
        guard let mark = Self.read(file), let boot = Self.boot, mark != boot else { return false }
        guard mark == boot + Self.recent else { throw .hostWentDown(path: directory) }
        return true
    }

    /// Leaves a mark of this boot.
    ///
    /// - Parameter usesRecent: whether there are ``RecentRecords``.
    func set(usesRecent: Bool) throws(JournalError) {
        guard let boot = Self.boot else { return }
        let mark = usesRecent ? boot + Self.recent : boot
        if Self.read(file) == mark { return }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .notWritable(path: file, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        let written = mark.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == mark.count, fsync(descriptor) == 0 else {
            throw .diskFull(path: file)
        }
    }

    /// Takes it away, once all that was written is on the disk.
    func remove() { unlink(file) }

    /// What names the host's current boot; `nil` if the system does not say.
    private static var boot: [UInt8]? { read("/proc/sys/kernel/random/boot_id") }

    private static func read(_ file: String) -> [UInt8]? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, 64))
        }
        return bytes.isEmpty ? nil : bytes
    }
}
