import Glibc

/// A growing block of bytes from `malloc`, written once and handed over without a copy.
///
/// The block of a response's body becomes libmicrohttpd's property when the response is queued;
/// libmicrohttpd frees it when the last byte is sent. A buffer can also lend bytes that outlive
/// every response (a file loaded at start); the first append then copies them.
public struct OutputBuffer: ~Copyable {
    @usableFromInline
    var base: UnsafeMutablePointer<UInt8>?
    /// The number of bytes written; the stored form of ``count``.
    @usableFromInline
    var writtenCount: Int
    /// The number of bytes that `base` owns; 0 when it owns none (nothing yet, or lent bytes).
    @usableFromInline
    var capacity: Int

    /// Makes an empty buffer without allocating.
    public init() {
        base = nil
        writtenCount = 0
        capacity = 0
    }

    /// Makes a buffer that shows bytes owned by someone else.
    ///
    /// - Parameter bytes: must stay valid and unchanged until the response has been sent; in
    ///   practice as long as the server runs.
    public init(lending bytes: UnsafeRawBufferPointer) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        base = UnsafeMutablePointer(mutating: start)
        writtenCount = bytes.count
        capacity = 0
    }

    deinit {
        if capacity > 0 { free(base) }
    }

    /// The number of bytes written.
    @inlinable
    public var count: Int { writtenCount }

    /// The bytes written so far; valid until the next mutation.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// Makes room for more bytes and returns where they go.
    ///
    /// Write at most `additionalCount` bytes there, then call ``advance(by:)``.
    ///
    /// - Parameter additionalCount: bytes to make room for, 0 or more.
    /// - Returns: the first unwritten byte; valid until the next mutation.
    /// - Complexity: O(1) amortised.
    @inlinable
    public mutating func reserve(_ additionalCount: Int) -> UnsafeMutablePointer<UInt8> {
        if _slowPath(capacity &- count < additionalCount || capacity == 0) {
            grow(by: additionalCount)
        }
        return base.unsafelyUnwrapped + count
    }

    /// Counts bytes that were written behind the end.
    ///
    /// - Parameter addedCount: at most what the last ``reserve(_:)`` made room for.
    @inlinable
    public mutating func advance(by addedCount: Int) {
        precondition(addedCount >= 0 && addedCount <= capacity - writtenCount)
        writtenCount &+= addedCount
    }

    /// Appends one byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1).pointee = byte
        writtenCount &+= 1
    }

    /// Appends a literal's UTF-8.
    @inlinable
    public mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a copy of bytes.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        UnsafeMutableRawPointer(reserve(bytes.count)).copyMemory(
            from: source, byteCount: bytes.count)
        writtenCount &+= bytes.count
    }

    /// Appends a string's UTF-8.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Forgets everything behind the first bytes, for a writer that starts over.
    ///
    /// - Parameter keptCount: how many bytes stay, at most ``count``.
    public mutating func truncate(to keptCount: Int) {
        precondition(keptCount >= 0 && keptCount <= count)
        writtenCount = keptCount
    }

    /// Forgets all bytes and keeps an owned block for reuse.
    public mutating func removeAll() {
        if capacity == 0 { base = nil }
        writtenCount = 0
    }

    /// Moves to a larger block; lent bytes are copied into one of our own.
    @usableFromInline
    mutating func grow(by additionalCount: Int) {
        let needed = count + max(additionalCount, 1)
        let wanted = max(needed, capacity * 2, 256)
        let block = capacity > 0 ? realloc(base, wanted) : malloc(wanted)
        guard let block else { fatalError("out of memory: \(wanted) bytes") }
        if capacity == 0, let base { memcpy(block, base, count) }
        base = block.assumingMemoryBound(to: UInt8.self)
        capacity = wanted
    }

    /// Gives the block away and leaves the buffer empty.
    ///
    /// - Returns: the bytes, and whether the receiver must `free` them.
    mutating func release() -> (start: UnsafeMutableRawPointer?, count: Int, isOwned: Bool) {
        let result = (UnsafeMutableRawPointer(base), count, capacity > 0)
        base = nil
        writtenCount = 0
        capacity = 0
        return result
    }
}
