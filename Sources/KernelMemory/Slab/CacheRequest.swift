/// What `kmem_cache_create` is asked for.
///
/// It is kept behind one reference so that calls stay small.
public final class CacheRequest: Hashable, Sendable {
    /// The name in `/proc/slabinfo`.
    public let name: String
    /// Bytes of an object.
    public let size: UInt32
    /// The least alignment of an object, a power of two; 0 for none.
    public let align: UInt32
    /// What the cache is to be.
    public let flags: CacheFlags
    /// What new objects are filled with.
    public let constructor: Constructor

    /// A request; nothing is checked.
    public init(
        name: String, size: UInt32, align: UInt32 = 0, flags: CacheFlags = [],
        constructor: Constructor = .none
    ) {
        self.name = name
        self.size = size
        self.align = align
        self.flags = flags
        self.constructor = constructor
    }

    /// Whether all of it is alike.
    public static func == (left: CacheRequest, right: CacheRequest) -> Bool {
        (left.name, left.size, left.align, left.flags, left.constructor)
            == (right.name, right.size, right.align, right.flags, right.constructor)
    }

    /// Hashes what tells requests apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(size)
    }
}

extension CacheRequest {
    /// The longest name, in bytes.
    ///
    /// The kernel has no limit; this one keeps names within a line of `/proc/slabinfo`.
    public static let longestName = 200

    /// Whether a text can be a cache's name: printable ASCII without blanks, so that whoever reads
    /// `/proc/slabinfo` finds it.
    public static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= longestName
            && bytes.allSatisfy { (0x21...0x7e).contains($0) }
    }
}

extension CacheRequest: CustomStringConvertible {
    /// The arguments as C source would write them: `"inode", 368, 0, SLAB_RECLAIM_ACCOUNT, NULL`.
    public var description: String {
        let escaped = name.reduce("") { $0 + ($1 == "\"" || $1 == "\\" ? "\\" : "") + "\($1)" }
        return "\"\(escaped)\", \(size), \(align), \(flags), \(constructor)"
    }
}

extension Constructor: CustomStringConvertible {
    /// `NULL`, or `ctor=` and the byte that it fills objects with.
    public var description: String {
        switch self {
        case .none: "NULL"
        case .unknown: "ctor"
        case .fill(let byte): "ctor=\(hexadecimal(UInt64(byte)))"
        }
    }
}
