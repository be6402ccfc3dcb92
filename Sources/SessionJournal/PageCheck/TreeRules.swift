/// What the keys of a tree are like.
enum TreeRules {
    /// Numbers of transactions, with the pages that they freed.
    case free
    /// Sessions and steps, with records.
    case journal

    /// Bytes of a key.
    var keySize: Int { self == .free ? 8 : JournalKey.byteCount }

    /// The fewest nodes of a branch.
    var leastChildren: Int { self == .free ? 1 : 2 }

    /// The key whose bytes are at an address.
    @inline(__always)
    func key(at bytes: UnsafeRawPointer) -> TreeKey {
        switch self {
        case .free: TreeKey(high: bytes.loadUnaligned(as: UInt64.self), low: 0)
        case .journal:
            TreeKey(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        }
    }
}

/// A key as numbers, in the tree's order.
struct TreeKey: Comparable {
    let high: UInt64
    let low: UInt32

    @inline(__always)
    static func < (left: TreeKey, right: TreeKey) -> Bool {
        left.high < right.high || (left.high == right.high && left.low < right.low)
    }
}
