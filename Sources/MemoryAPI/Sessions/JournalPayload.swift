import KernelMemory

/// What a call holds that does not fit into a journal record.
enum JournalPayload {
    /// The bytes of a store.
    case bytes([UInt8])
    /// What a cache, or a home-made list, was asked to be.
    case cache(CacheRequest)
    /// The pages of a mapping.
    case pages([PagePointer])

    /// The payload of a call; `nil` if it has none.
    @inline(__always)
    init?(_ call: KernelCall) {
        switch call {
        case .store(_, let bytes): self = .bytes(bytes)
        case .kmemCacheCreate(let request), .freeListCreate(let request): self = .cache(request)
        case .vmap(let pages): self = .pages(pages)
        default: return nil
        }
    }

    /// The bytes of a store; none for anything else.
    var bytes: [UInt8] {
        if case .bytes(let bytes) = self { bytes } else { [] }
    }

    /// The pages of a mapping; none for anything else.
    var pages: [PagePointer] {
        if case .pages(let pages) = self { pages } else { [] }
    }

    /// What a cache was asked to be.
    var request: CacheRequest {
        guard case .cache(let request) = self else {
            preconditionFailure("the record says that this payload is a cache's")
        }
        return request
    }

    /// The payload's share of the state's hash.
    var hash: UInt64 {
        switch self {
        case .bytes(let bytes): return StateHash.bytes(bytes)
        case .pages(let pages):
            return pages.reduce(UInt64(pages.count)) { StateHash.mix($0, $1.rawValue) }
        case .cache(let request):
            var hash = StateHash.bytes(request.name.utf8)
            hash = StateHash.mix(hash, UInt64(request.size) << 32 | UInt64(request.align))
            return StateHash.mix(
                hash, UInt64(request.flags.rawValue) << 32 | request.constructor.code)
        }
    }
}

extension Constructor {
    fileprivate var code: UInt64 {
        switch self {
        case .none: 0
        case .unknown: 1
        case .fill(let byte): 0x100 | UInt64(byte)
        }
    }
}
