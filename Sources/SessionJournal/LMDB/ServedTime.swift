import Glibc

/// A file that says how many seconds services have run on a store.
///
/// When it is lost, time begins anew, and sessions last longer; never shorter.
struct ServedTime: Sendable {
    private let file: String

    init(_ directory: String) { file = directory + "/served-seconds" }

    /// The number in the file; 0 if there is none.
    var seconds: UInt64 {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, 20))
        }
        return UInt64(String(decoding: bytes, as: UTF8.self)) ?? 0
    }

    /// Writes the number, whole or not at all.
    func write(_ seconds: UInt64) {
        let new = file + ".new"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let digits = Array(String(seconds).utf8)
        let count = Glibc.write(descriptor, digits, digits.count)
        guard close(descriptor) == 0, count == digits.count, rename(new, file) == 0 else {
            unlink(new)
            return
        }
    }
}
