import KernelMemory
import MicroHTTPD

/// The body of `POST /caches`.
enum CacheBody {
    private static let fields = FieldNames(["name", "size", "align", "flags", "ctor", "cpu"])

    /// Reads the body; name and size must be there.
    static func read(_ request: borrowing Request) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(request, fields)
        var name: String?
        var size: UInt32?
        var align: UInt32 = 0
        var flags = CacheFlags()
        var constructor = Constructor.none
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: name = try reader.cacheName(JSONObjectReader.wantedName)
            case 1: size = UInt32(try reader.number(KernelFunction.ParameterKind.size.range))
            case 2: align = try reader.alignment()
            case 3: flags = try reader.cacheFlags()
            case 4: constructor = try reader.constructor().map { .fill($0) } ?? .none
            default: cpu = try reader.cpu()
            }
        }
        guard let name else { throw .missing("name", JSONObjectReader.wantedName) }
        guard let size else { throw .missing("size", "the number of bytes of an object") }
        let cache = CacheRequest(
            name: name, size: size, align: align, flags: flags, constructor: constructor)
        return RequestedCall(call: .kmemCacheCreate(cache), cpu: cpu)
    }
}

/// The body of `POST /caches/{name}/shrink`.
enum ShrinkBody {
    private static let fields = FieldNames(["cpu"])

    /// Reads the body; an empty one is `kmem_cache_shrink(cache)`.
    static func read(
        _ request: borrowing Request, _ cache: VirtualAddress
    ) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(request, fields)
        var requested = RequestedCall(call: .kmemCacheShrink(cache))
        while try reader.next() != nil { requested.cpu = try reader.cpu() }
        return requested
    }
}

/// The body of `POST /caches/{name}/objects`.
enum CacheObjectBody {
    private static let fields = FieldNames(["gfp", "call", "cpu"])
    private static let functions = FieldNames(["kmem_cache_alloc", "kmem_cache_zalloc"])

    /// Reads the body; an empty one is `kmem_cache_alloc(cache, GFP_KERNEL)`.
    static func read(
        _ request: borrowing Request, _ cache: VirtualAddress
    ) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(request, fields)
        var gfp = GFPFlags.kernel
        var clears = false
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: gfp = try GFPFlags(reader.value, at: reader.pointer)
            case 1: clears = try reader.function(functions) == 1
            default: cpu = try reader.cpu()
            }
        }
        let call =
            clears ? KernelCall.kmemCacheZalloc(cache, gfp) : .kmemCacheAlloc(cache, gfp)
        return RequestedCall(call: call, cpu: cpu)
    }
}
