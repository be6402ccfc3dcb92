import CSimdJSON
import KernelMemory

/// Arguments of kernel functions as JSON values.
extension JSONObjectReader {
    /// The current value as an argument of a kernel function that is neither a plain number nor a list.
    func argument(
        _ parameter: KernelFunction.Parameter
    ) throws(Problem) -> KernelFunction.Argument {
        switch parameter.kind {
        case .cache: try cache(parameter)
        case .name: .text(try cacheName(parameter.wanted))
        case .cacheFlags: .number(UInt64(try cacheFlags().rawValue))
        case .constructor: try constructor().map { .number(UInt64($0)) } ?? .text("NULL")
        case .alignment: .number(UInt64(try alignment()))
        case .kmapType, .lock: .text(try name(parameter))
        default: .number(try number(parameter.kind.range))
        }
    }

    /// The current value as the name of a type of mapping or of a lock.
    private func name(_ parameter: KernelFunction.Parameter) throws(Problem) -> String {
        let text = String(decoding: try text(parameter.wanted), as: UTF8.self)
        guard parameter.takesName(text) else { throw problem(parameter.wanted) }
        return text
    }

    /// The current value as an address: a text such as `0xc1000000` or `NULL`, or a number.
    func address() throws(Problem) -> UInt64 { try value.address(at: pointer) }

    /// The current value as the number of a CPU, which the machine may not have.
    @inline(__always)
    func cpu() throws(Problem) -> UInt32 {
        UInt32(try number(KernelFunction.ParameterKind.cpu.range))
    }

    /// The current value as a cache: its name or its address.
    private func cache(
        _ parameter: KernelFunction.Parameter
    ) throws(Problem) -> KernelFunction.Argument {
        if value.kind == CSJ_UNSIGNED { return .number(value.whole) }
        let bytes = try text(parameter.wanted)
        if bytes.equals("NULL") { return .number(0) }
        if let number = wholeNumber(bytes) { return .number(number) }
        return .text(try cacheName(parameter.wanted))
    }

    /// The current value as a name that a cache can have.
    func cacheName(_ wanted: String) throws(Problem) -> String {
        let bytes = try text(wanted)
        guard bytes.count <= CacheRequest.longestName else { throw problem(wanted) }
        let name = String(decoding: bytes, as: UTF8.self)
        guard CacheRequest.isName(name) else { throw problem(wanted) }
        return name
    }

    /// What a new cache's name, or a home-made list's, has to be.
    static var wantedName: String {
        "a name of 1 to \(CacheRequest.longestName) printable ASCII characters without blanks"
    }

    /// The current value as flags of a cache: a text of names, an array of names, or a number.
    func cacheFlags() throws(Problem) -> CacheFlags {
        switch value.kind {
        case CSJ_STRING: return try CacheFlags.parse(value.bytes, pointer)
        case CSJ_UNSIGNED where value.whole <= 0xffff_ffff:
            return CacheFlags(rawValue: UInt32(value.whole))
        case CSJ_ARRAY:
            return try value.union(
                at: pointer, wanted: "the name of a cache flag", CacheFlags.parse)
        default:
            throw problem(
                "cache flags: a text such as \"SLAB_HWCACHE_ALIGN|SLAB_POISON\", an array of names, "
                    + "or a number of 0 to 4294967295")
        }
    }

    /// The current value as a constructor: the byte that it fills objects with, `nil` for none.
    func constructor() throws(Problem) -> UInt8? {
        if value.kind == CSJ_NULL { return nil }
        if value.kind == CSJ_UNSIGNED, value.whole <= 255 { return UInt8(value.whole) }
        if value.kind == CSJ_STRING {
            if value.bytes.equals("NULL") { return nil }
            if let number = wholeNumber(value.bytes), number <= 255 { return UInt8(number) }
        }
        throw problem("null, or the byte that new objects are filled with, such as \"0x5a\"")
    }

    /// The current value as an object's alignment.
    func alignment() throws(Problem) -> UInt32 {
        let wanted = "0 or a power of two up to 4096"
        guard value.kind == CSJ_UNSIGNED, value.whole <= 4_096,
            value.whole & (value.whole &- 1) == 0
        else { throw problem(wanted) }
        return UInt32(value.whole)
    }
}

extension csj_value {
    /// The value as an address: a text such as `0xc1000000` or `NULL`, or a number.
    func address(at pointer: @autoclosure () -> String) throws(Problem) -> UInt64 {
        if kind == CSJ_UNSIGNED { return whole }
        if kind == CSJ_STRING {
            if bytes.equals("NULL") { return 0 }
            if let address = wholeNumber(bytes) { return address }
        }
        throw problem(
            at: pointer(), wanted: "an address such as \"0xc1000000\", or \"NULL\"")
    }
}

extension CacheFlags {
    fileprivate static func parse(
        _ text: UnsafeRawBufferPointer, _ pointer: String
    ) throws(Problem) -> CacheFlags {
        do throws(CallSyntaxError) {
            return try CacheFlags(parsing: String(decoding: text, as: UTF8.self))
        } catch { throw Problem(error, at: .body(pointer)) }
    }
}
