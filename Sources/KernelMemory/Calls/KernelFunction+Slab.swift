/// The slab allocator's functions.
extension KernelFunction {
    static let slabFunctions: [KernelFunction] = [
        .init("kmalloc", [("size", .size), ("flags", .gfp)]) {
            .kmalloc(size: $0[0].number, $0[1].gfp)
        },
        .init("kzalloc", [("size", .size), ("flags", .gfp)]) {
            .kzalloc(size: $0[0].number, $0[1].gfp)
        },
        .init("kmalloc_array", [("n", .count), ("size", .size), ("flags", .gfp)]) {
            .kmalloc(size: $0[0].number * $0[1].number, $0[2].gfp)
        },
        .init("kcalloc", [("n", .count), ("size", .size), ("flags", .gfp)]) {
            .kzalloc(size: $0[0].number * $0[1].number, $0[2].gfp)
        },
        .init("krealloc", [("addr", .address), ("size", .size), ("flags", .gfp)]) {
            .krealloc($0[0].address, size: UInt32($0[1].number), $0[2].gfp)
        },
        .init("kfree", [("addr", .address)]) { .kfree($0[0].address) },
        .init("ksize", [("addr", .address)]) { .ksize($0[0].address) },
        .init(
            "kmem_cache_create",
            [
                ("name", .name), ("size", .size), ("align", .alignment), ("flags", .cacheFlags),
                ("ctor", .constructor),
            ]
        ) {
            .kmemCacheCreate(
                CacheRequest(
                    name: $0[0].text, size: UInt32($0[1].number), align: UInt32($0[2].number),
                    flags: CacheFlags(rawValue: UInt32($0[3].number)),
                    constructor: Constructor($0[4])))
        },
        .init("kmem_cache_alloc", [("cache", .cache), ("flags", .gfp)]) {
            .kmemCacheAlloc($0[0].address, $0[1].gfp)
        },
        .init("kmem_cache_zalloc", [("cache", .cache), ("flags", .gfp)]) {
            .kmemCacheZalloc($0[0].address, $0[1].gfp)
        },
        .init("kmem_cache_free", [("cache", .cache), ("object", .address)]) {
            .kmemCacheFree($0[0].address, object: $0[1].address)
        },
        .init("kmem_cache_shrink", [("cache", .cache)]) { .kmemCacheShrink($0[0].address) },
        .init("kmem_cache_destroy", [("cache", .cache)]) { .kmemCacheDestroy($0[0].address) },
    ]
}

extension KernelFunction.ParameterKind {
    /// What a parameter of this kind is if nobody says.
    var usual: KernelFunction.Argument? {
        switch self {
        case .alignment, .cacheFlags: .number(0)
        case .constructor: .text("NULL")
        case .kmapType: .text("")
        default: nil
        }
    }
}

extension Constructor {
    /// A constructor as an argument: `NULL` is none, a number the byte to fill with.
    fileprivate init(_ argument: KernelFunction.Argument) {
        if case .number(let byte) = argument {
            self = .fill(UInt8(truncatingIfNeeded: byte))
        } else {
            self = .none
        }
    }
}

extension KernelCall {
    /// The same call with another `struct kmem_cache *`; other calls as they are.
    public func withCache(_ cache: VirtualAddress) -> KernelCall {
        switch self {
        case .kmemCacheAlloc(_, let gfp): .kmemCacheAlloc(cache, gfp)
        case .kmemCacheZalloc(_, let gfp): .kmemCacheZalloc(cache, gfp)
        case .kmemCacheFree(_, let object): .kmemCacheFree(cache, object: object)
        case .kmemCacheShrink: .kmemCacheShrink(cache)
        case .kmemCacheDestroy: .kmemCacheDestroy(cache)
        case .registerShrinker: .registerShrinker(cache)
        case .unregisterShrinker: .unregisterShrinker(cache)
        case .listLRUAdd(_, let object): .listLRUAdd(cache, object: object)
        case .listLRUDel(_, let object): .listLRUDel(cache, object: object)
        default: self
        }
    }
}
