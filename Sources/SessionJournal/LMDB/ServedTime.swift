import Glibc

/// A file that says how many seconds services have run on a store.
///
///     crc32c=9a7f12c3 seconds=86400
///
/// When it is lost or damaged, time begins anew, and sessions last longer; never shorter.
struct ServedTime: Sendable {
    private let file: String

    /// Bytes of the longest text.
    private static let sizeLimit = 48
    /// What stands before the seconds, with the check value in between.
    private static let (begin, middle) = ("crc32c=", " seconds=")
    /// The most seconds that a file without a check value is believed: a hundred years.
    private static let mostWithoutCheck: UInt64 = 100 * 365 * 86_400

    init(_ directory: String) { file = directory + "/served-seconds" }

    /// The number in the file; 0 if there is none, or if it is not what was written.
    var seconds: UInt64 {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        let size = Self.sizeLimit + 1
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, size))
        }
        return Self.seconds(in: bytes) ?? 0
    }

    /// The number that a file says; `nil` if it is not what was written.
    static func seconds(in bytes: [UInt8]) -> UInt64? {
        guard bytes.count <= sizeLimit else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        if bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            // As it was before it had a check value; the next note of the time has one.
            return UInt64(text).flatMap { $0 <= mostWithoutCheck ? $0 : nil }
        }
        guard let last = text.split(separator: "=").last?.dropLast(),
            let seconds = UInt64(last), Self.text(seconds) == text
        else { return nil }
        return seconds
    }

    /// What the file is to say.
    static func text(_ seconds: UInt64) -> String {
        var check = CRC32C()
        withUnsafeBytes(of: seconds.littleEndian) { check.add($0) }
        let digits = String(check.value, radix: 16)
        let padding = String(repeating: "0", count: 8 - digits.count)
        return "\(begin)\(padding)\(digits)\(middle)\(seconds)\n"
    }

    /// Writes the number, whole or not at all.
    func write(_ seconds: UInt64) {
        let new = file + ".new"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let bytes = Array(Self.text(seconds).utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        guard close(descriptor) == 0, count == bytes.count, rename(new, file) == 0 else {
            unlink(new)
            return
        }
    }
}
