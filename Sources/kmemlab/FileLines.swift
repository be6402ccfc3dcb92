import CallImport
import Glibc

/// The lines of a file, read in blocks, so that a file of any length takes little memory.
///
/// A line that is longer than an importer takes comes in two parts, of which it refuses the first.
struct FileLines: ~Copyable {
    private let descriptor: Int32
    private let block: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// Why the file could not be read to its end.
    private(set) var error: Int32?

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        block = .allocate(byteCount: TraceImporter.longestLine * 2, alignment: 16)
    }

    deinit { block.deallocate() }

    /// The next line without its end, valid until the one after it is read; `nil` at the end.
    mutating func next() -> UnsafeRawBufferPointer? {
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: block[start..<end])
            if let length = rest.firstIndex(of: UInt8(ascii: "\n")) {
                start += length + 1
                return UnsafeRawBufferPointer(rebasing: rest[..<length])
            }
            if isAtEnd || (start == 0 && end == block.count) {
                start = end
                return rest.isEmpty ? nil : rest
            }
            fill()
        }
    }

    private mutating func fill() {
        if start > 0 {
            block.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[start..<end]))
            (start, end) = (0, end - start)
        }
        let count = read(descriptor, block.baseAddress! + end, block.count - end)
        if count < 0, errno == EINTR { return }
        if count < 0 { error = errno }
        if count <= 0 { isAtEnd = true } else { end += count }
    }
}
