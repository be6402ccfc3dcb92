import KernelMemory

/// A kernel call that a trace comes to, with names for what calls return.
public struct ImportedCall: Equatable, Sendable {
    /// What a result is called: a letter and a number.
    public struct Name: Hashable, Sendable {
        /// What the number is.
        public enum Kind: UInt8, Sendable {
            /// An id of the trace.
            case id
            /// The address that the trace has.
            case address
            /// The page frame that the trace has.
            case frame
            /// A cache, counted in the order in which they come.
            case cache
        }

        /// What the number is.
        public let kind: Kind
        /// The number.
        public let number: UInt64
        /// How often the memory was moved from one allocator to another.
        public var moves: UInt32 = 0

        /// The name as a batch has it: `p7`, `x8049f20`, `f2a1`, `c1`; `p7_1` once it has moved.
        public var text: String {
            let base =
                switch kind {
                case .id: "p\(number)"
                case .address: "x\(String(number, radix: 16))"
                case .frame: "f\(String(number, radix: 16))"
                case .cache: "c\(number)"
                }
            return moves == 0 ? base : "\(base)_\(moves)"
        }
    }

    /// The cache of an object.
    public enum Cache: Equatable, Sendable {
        /// One that the trace made.
        case made(Name)
        /// One that the machine has under this name.
        case named(String)
    }

    /// A function with its arguments; a name of `nil` is NULL.
    public enum Function: Equatable, Sendable {
        case kmalloc(size: UInt64, GFPFlags)
        case vmalloc(size: UInt64)
        case krealloc(Name, size: UInt64)
        case kvfree(Name?)
        case kfree(Name?)
        case createCache(name: String, size: UInt64)
        case allocateObject(cache: Cache, GFPFlags)
        case freeObject(cache: Cache, Name)
        case allocPages(GFPFlags, order: UInt64)
        case freePages(Name, order: UInt64)
        /// A call as C source would write it.
        case text(String)
    }

    /// The function.
    public let function: Function
    /// What later calls call the result; `nil` if they do not.
    public let result: Name?

    init(_ function: Function, as result: Name? = nil) {
        self.function = function
        self.result = result
    }
}

extension ImportedCall {
    /// The call as POST /calls takes it, without the end of a line:
    /// `{"call":"kmalloc","size":64,"flags":"GFP_KERNEL","as":"p0"}`.
    public var json: String {
        let name = result.map { ",\"as\":\"\($0.text)\"" } ?? ""
        return "{\"call\":\(function.json)\(name)}"
    }
}

extension ImportedCall.Function {
    fileprivate var json: String {
        switch self {
        case .kmalloc(let size, let gfp):
            "\"kmalloc\",\"size\":\(size),\"flags\":\"\(gfp)\""
        case .vmalloc(let size): "\"vmalloc\",\"size\":\(size)"
        case .krealloc(let name, let size):
            "\"krealloc\",\"addr\":\"$\(name.text)\",\"size\":\(size),\"flags\":\"GFP_KERNEL\""
        case .kvfree(let name): "\"kvfree\",\"addr\":\(Self.json(name))"
        case .kfree(let name): "\"kfree\",\"addr\":\(Self.json(name))"
        case .createCache(let name, let size):
            "\"kmem_cache_create\",\"name\":\"\(Self.escaped(name))\",\"size\":\(size)"
        case .allocateObject(let cache, let gfp):
            "\"kmem_cache_alloc\",\"cache\":\(Self.json(cache)),\"flags\":\"\(gfp)\""
        case .freeObject(let cache, let object):
            "\"kmem_cache_free\",\"cache\":\(Self.json(cache)),\"object\":\"$\(object.text)\""
        case .allocPages(let gfp, let order):
            "\"alloc_pages\",\"gfp_mask\":\"\(gfp)\",\"order\":\(order)"
        case .freePages(let name, let order):
            "\"__free_pages\",\"page\":\"$\(name.text)\",\"order\":\(order)"
        case .text(let text): "\"\(Self.escaped(text))\""
        }
    }

    private static func json(_ name: ImportedCall.Name?) -> String {
        name.map { "\"$\($0.text)\"" } ?? "\"NULL\""
    }

    private static func json(_ cache: ImportedCall.Cache) -> String {
        switch cache {
        case .made(let name): "\"$\(name.text)\""
        case .named(let name): "\"\(escaped(name))\""
        }
    }

    /// A text of printable ASCII within a JSON string.
    private static func escaped(_ name: String) -> String {
        var result = ""
        for character in name {
            if character == "\"" || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
