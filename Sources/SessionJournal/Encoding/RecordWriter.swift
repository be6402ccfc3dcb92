/// Writes the fields of a record, one after the other.
///
/// Numbers take as many bytes as they need: seven bits a byte, the lowest first, the eighth bit says
/// that more follow. Addresses are folded first, so that those near the top of 64 bits are short too.
struct RecordWriter: ~Copyable {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0

    /// The most bytes that a number takes.
    private static let longestNumber = 10

    init(capacity: Int = 64) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity, alignment: 1)
    }

    deinit { start.deallocate() }

    /// What was written; valid until something else is.
    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// A copy of what was written.
    var bytes: [UInt8] { Array(written) }

    /// Forgets what was written.
    mutating func clear() { count = 0 }

    mutating func byte(_ byte: UInt8) {
        makeRoom(1)
        start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func flag(_ flag: Bool) { byte(flag ? 1 : 0) }

    /// A number in 1...10 bytes.
    mutating func number(_ number: UInt64) {
        makeRoom(Self.longestNumber)
        var place = start + count
        var rest = number
        while rest > 0x7f {
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            place += 1
            rest >>= 7
        }
        place.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        count = place + 1 - start
    }

    mutating func number(_ number: UInt32) { self.number(UInt64(number)) }

    mutating func number(_ number: Int) { self.number(UInt64(number)) }

    /// An address: a number of 64 bits whose high bits are alike, all zero or all one.
    mutating func address(_ address: UInt64) {
        let signed = Int64(bitPattern: address)
        number(UInt64(bitPattern: signed << 1 ^ signed >> 63))
    }

    /// Eight bytes, the lowest first.
    mutating func word(_ word: UInt64) { fixed(word) }

    /// Bytes, and how many there are before them.
    mutating func block(_ block: some Collection<UInt8>) {
        let size = block.count
        number(size)
        makeRoom(size)
        UnsafeMutableRawBufferPointer(start: start + count, count: size).copyBytes(from: block)
        count += size
    }

    /// A number of fixed width, the lowest byte first.
    mutating func fixed<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        makeRoom(MemoryLayout<Number>.size)
        start.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    @inline(__always)
    private mutating func makeRoom(_ size: Int) {
        if _slowPath(capacity - count < size) { grow(by: size) }
    }

    @inline(never)
    private mutating func grow(by size: Int) {
        capacity = max(2 * capacity, count + size)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
    }
}
