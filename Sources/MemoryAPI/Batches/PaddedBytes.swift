/// Bytes in a block that is kept, with readable bytes behind them as the JSON parser wants.
struct PaddedBytes: ~Copyable, @unchecked Sendable {
    private var block: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    /// Readable bytes behind the last one.
    static let padding = 64

    init() {
        block = .allocate(byteCount: 256, alignment: 16)
        block.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { block.deallocate() }

    var isEmpty: Bool { count == 0 }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: block[..<count]) }

    /// Adds bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        let needed = count + bytes.count + Self.padding
        if needed > block.count { grow(to: max(needed, block.count * 2)) }
        (block.baseAddress.unsafelyUnwrapped + count).copyMemory(
            from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Empties it, and keeps the block.
    mutating func removeAll() { count = 0 }

    private mutating func grow(to size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        larger.initializeMemory(as: UInt8.self, repeating: 0)
        larger.copyMemory(from: bytes)
        block.deallocate()
        block = larger
    }
}
