import Glibc

/// What a command prints: all of it, or the command ends with status 2.
enum CommandOutput {
    /// Writes a report to the standard output.
    static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Writes what went wrong to the standard error.
    static func complain(_ text: String) { write(Array("\(text)\n".utf8), to: STDERR_FILENO) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            guard count > 0 else { _exit(2) }
            written += count
        }
    }
}
