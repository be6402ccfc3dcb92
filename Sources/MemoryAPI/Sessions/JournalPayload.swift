import KernelMemory

/// What a call holds that does not fit into a journal record.
enum JournalPayload {
    /// The bytes of a store.
    case bytes([UInt8])
    /// What a cache, or a home-made list, was asked to be.
    case cache(CacheRequest)
    /// The pages of a mapping.
    case pages([PagePointer])
    /// A series of loads.
    case accesses(AccessPattern)
    /// What a device does.
    case transfer(DMARequest)
    /// What a module asks for.
    case module(ModuleRequest)
    /// A spin lock's name.
    case spinLock(SpinLock)

    /// The payload of a call; `nil` if it has none.
    @inline(__always)
    init?(_ call: KernelCall) {
        switch call {
        case .store(_, let bytes): self = .bytes(bytes)
        case .kmemCacheCreate(let request), .freeListCreate(let request): self = .cache(request)
        case .vmap(let pages): self = .pages(pages)
        case .access(let pattern): self = .accesses(pattern)
        case .dma(let request): self = .transfer(request)
        case .loadModule(let module), .deleteModule(let module): self = .module(module)
        case .spinLock(let lock, _), .spinUnlock(let lock, _, _): self = .spinLock(lock)
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

    /// A series of loads.
    var accesses: AccessPattern {
        guard case .accesses(let pattern) = self else { Self.mismatch() }
        return pattern
    }

    /// What a device does.
    var transfer: DMARequest {
        guard case .transfer(let request) = self else { Self.mismatch() }
        return request
    }

    /// What a module asks for.
    var module: ModuleRequest {
        guard case .module(let module) = self else { Self.mismatch() }
        return module
    }

    /// A spin lock.
    var lock: SpinLock {
        guard case .spinLock(let lock) = self else { Self.mismatch() }
        return lock
    }

    private static func mismatch() -> Never {
        preconditionFailure("the record says that this payload is another one's")
    }

    /// What a cache was asked to be.
    var request: CacheRequest {
        guard case .cache(let request) = self else { Self.mismatch() }
        return request
    }

    /// The payload's share of the state's hash.
    var hash: UInt64 {
        switch self {
        case .bytes(let bytes): return StateHash.bytes(bytes)
        case .pages(let pages):
            return pages.reduce(UInt64(pages.count)) { StateHash.mix($0, $1.rawValue) }
        case .accesses(let pattern): return StateHash.bytes(pattern.hashText.utf8)
        case .transfer(let request):
            return StateHash.bytes("\(request) \(request.byte)".utf8)
        case .module(let module):
            let sizes = StateHash.mix(module.textSize, module.dataSize)
            return StateHash.mix(StateHash.bytes(module.name.utf8), sizes)
        case .spinLock(let lock): return StateHash.bytes(lock.name.utf8)
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

extension AccessPattern {
    /// All of it.
    fileprivate var hashText: String {
        if case .list(let offsets) = order { "\(self) \(offsets)" } else { "\(self)" }
    }
}
