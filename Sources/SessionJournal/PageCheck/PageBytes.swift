/// The bytes of one page of LMDB's file, and what its header says.
///
///     0      8     10      12      14      16
///     | page | pad | flags | lower | upper | offsets of nodes ... lower | free | upper ... nodes |
///
/// In a page of an overflow chain, the number of pages stands where `lower` and `upper` do. The
/// corresponding C type is `MDB_page`.
struct PageBytes {
    let start: UnsafeRawPointer

    static let headerSize = 16
    static let branch: UInt16 = 1
    static let leaf: UInt16 = 2
    static let overflow: UInt16 = 4
    static let meta: UInt16 = 8

    /// The number that the page has itself.
    var number: UInt64 { read(0) }
    var flags: UInt16 { read(10) }
    /// Where the offsets of the nodes end.
    var lower: Int { Int(read(12) as UInt16) }
    /// Where the nodes begin.
    var upper: Int { Int(read(14) as UInt16) }
    /// Pages of the overflow chain that begins here.
    var chainLength: UInt64 { UInt64(read(12) as UInt32) }

    /// Where a node is, from the page's start.
    @inline(__always)
    func offset(_ index: Int) -> Int { Int(read(Self.headerSize + 2 * index) as UInt16) }

    /// The node at an offset.
    @inline(__always)
    func node(at offset: Int) -> NodeBytes { NodeBytes(start: start + offset) }

    /// A number in the page, in the order of the host's bytes, as LMDB writes it.
    @inline(__always)
    func read<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Number {
        start.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}

/// A node of a page: a key, with a value in a leaf and with a page below in a branch.
///
///     0                4       6          8
///     | size           | flags | key size | key | value, or the page where it is |    in a leaf
///     | page below             | key size | key |                                   in a branch
///
/// The corresponding C type is `MDB_node`.
struct NodeBytes {
    let start: UnsafeRawPointer

    static let headerSize = 8
    /// The value is in an overflow chain.
    static let isElsewhere: UInt16 = 1

    var keySize: Int { Int(start.loadUnaligned(fromByteOffset: 6, as: UInt16.self)) }
    var key: UnsafeRawPointer { start + Self.headerSize }
    var flags: UInt16 { start.loadUnaligned(fromByteOffset: 4, as: UInt16.self) }
    /// Bytes of a leaf's value.
    var valueSize: Int { Int(start.loadUnaligned(as: UInt32.self)) }
    /// The page below a branch.
    var child: UInt64 { start.loadUnaligned(as: UInt64.self) & 0xffff_ffff_ffff }
    /// What follows a key of a known size.
    func value(behind keySize: Int) -> UnsafeRawPointer { key + keySize }

    /// Bytes that a node takes in a leaf, with a key and a value of its own.
    @inline(__always)
    var leafSize: Int {
        let value = flags & Self.isElsewhere == 0 ? valueSize : 8
        return (Self.headerSize + keySize + value + 1) & ~1
    }

    /// Bytes that a node takes in a branch.
    @inline(__always)
    var branchSize: Int { (Self.headerSize + keySize + 1) & ~1 }
}
