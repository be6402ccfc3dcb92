import Synchronization

/// A counted block of raw memory that several machines can share.
///
/// Its address is that of the payload; the count and the payload's size stand in the 16 bytes
/// before it. Words that refer to nodes carry two tag bits (see ``NodeWord``).
enum SharedNode {
    static let headerSize = 16
    private static let sizeOffset = 8

    /// Memory for `size` payload bytes, owned once. The payload is not initialised.
    static func allocate(payloadSize size: Int) -> UnsafeMutableRawPointer {
        let base = UnsafeMutableRawPointer.allocate(byteCount: headerSize + size, alignment: 16)
        base.bindMemory(to: Atomic<Int>.self, capacity: 1).initialize(to: Atomic(1))
        (base + sizeOffset).storeBytes(of: size, as: Int.self)
        return base + headerSize
    }

    private static func count(
        _ node: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<Atomic<Int>> {
        (node - headerSize).assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// The bytes that the node was made for.
    static func payloadSize(_ node: UnsafeMutableRawPointer) -> Int {
        (node - headerSize + sizeOffset).load(as: Int.self)
    }

    static func retain(_ node: UnsafeMutableRawPointer) {
        count(node).pointee.add(1, ordering: .relaxed)
    }

    static func isUnique(_ node: UnsafeMutableRawPointer) -> Bool {
        count(node).pointee.load(ordering: .acquiring) == 1
    }

    /// Gives up one reference; `true` if it was the last and the node is now the caller's to free.
    static func release(_ node: UnsafeMutableRawPointer) -> Bool {
        count(node).pointee.subtract(1, ordering: .acquiringAndReleasing).oldValue == 1
    }

    static func deallocate(_ node: UnsafeMutableRawPointer) {
        (node - headerSize).deallocate()
    }
}

/// The address of a node with two tag bits, 0 for none.
struct NodeWord {
    var bits: UInt

    /// Another machine may read the node too: copy it before writing.
    static let shared: UInt = 1
    /// The node belongs to a boot image, which outlives the machine: copy it before writing,
    /// never count or free it.
    static let boot: UInt = 2
    private static let tags: UInt = shared | boot

    init(_ node: UnsafeMutableRawPointer, tag: UInt = 0) { bits = UInt(bitPattern: node) | tag }

    /// Nothing but reading through the tags: one `and`.
    var node: UnsafeMutableRawPointer {
        @inline(__always) get {
            UnsafeMutableRawPointer(bitPattern: bits & ~Self.tags).unsafelyUnwrapped
        }
    }
    var isOwned: Bool { @inline(__always) get { bits & Self.tags == 0 } }
    var isBoot: Bool { bits & Self.boot != 0 }
}
