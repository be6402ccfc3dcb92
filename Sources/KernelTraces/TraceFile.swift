import CZlib
import Glibc

/// The lines of a trace file, `.jsonl` or `.jsonl.gz`.
///
/// Each line stands in the reader's own memory until the next is asked for, with at least
/// ``padding`` readable bytes behind it, as simdjson wants.
struct TraceFile: ~Copyable {
    /// Readable bytes behind every line.
    static let padding = 64

    private let file: gzFile
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 20
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// Opens a file.
    ///
    /// - Throws: ``TraceError/unreadable(_:)``
    ///
    /// The corresponding zlib function is `gzopen`.
    init(path: String) throws(TraceError) {
        guard let file = gzopen(path, "rb") else {
            throw .unreadable("\(path) cannot be opened")
        }
        gzbuffer(file, 1 << 17)
        self.file = file
        buffer = .allocate(byteCount: capacity + Self.padding, alignment: 16)
    }

    deinit {
        gzclose(file)
        buffer.deallocate()
    }

    /// The next line without its end; `nil` after the last.
    mutating func nextLine() throws(TraceError) -> UnsafeRawBufferPointer? {
        var scanned = start
        while true {
            let rest = UnsafeRawBufferPointer(start: buffer + scanned, count: end - scanned)
            if let found = memoryIndex(of: UInt8(ascii: "\n"), in: rest) {
                defer { start = scanned + found + 1 }
                return UnsafeRawBufferPointer(
                    start: buffer + start, count: scanned + found - start)
            }
            scanned = end
            if isAtEnd {
                guard end > start else { return nil }
                defer { start = end }
                return UnsafeRawBufferPointer(start: buffer + start, count: end - start)
            }
            scanned -= makeRoom()
            try fill()
        }
    }

    /// Moves the unfinished line to the front, or doubles the room if that is not enough.
    ///
    /// - Returns: by how much it moved.
    private mutating func makeRoom() -> Int {
        let moved = start
        if start > 0 {
            buffer.copyMemory(from: buffer + start, byteCount: end - start)
            end -= start
            start = 0
        }
        if end > capacity / 2 {
            let larger = UnsafeMutableRawPointer.allocate(
                byteCount: capacity * 2 + Self.padding, alignment: 16)
            larger.copyMemory(from: buffer, byteCount: end)
            buffer.deallocate()
            buffer = larger
            capacity *= 2
        }
        return moved
    }

    private mutating func fill() throws(TraceError) {
        let count = gzread(file, buffer + end, UInt32(min(capacity - end, 1 << 30)))
        guard count >= 0 else { throw .unreadable("the compressed data is damaged") }
        end += Int(count)
        isAtEnd = count == 0
    }
}

private func memoryIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress,
        let found = memchr(base, Int32(byte), bytes.count)
    else { return nil }
    return UnsafeRawPointer(found) - base
}

/// What can be wrong with a trace.
public enum TraceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(String)
    /// A line is not what the format says.
    case malformed(line: Int, String)

    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .unreadable(let reason): reason
        case .malformed(let line, let reason): "line \(line): \(reason)"
        }
    }
}
