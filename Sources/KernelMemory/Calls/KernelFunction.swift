/// A function of the kernel's interface: its name and what it takes.
///
/// The one table that parsing, suggestions and descriptions of the interface share.
public struct KernelFunction: Sendable {
    /// What a parameter holds.
    public enum ParameterKind: Sendable {
        /// A gfp mask.
        case gfp
        /// Base-2 logarithm of a number of pages.
        case order
        /// A `struct page *`.
        case page
        /// An address.
        case address
        /// A value of 0...255.
        case byte
        /// A number of bytes.
        case length
        /// A CPU's number.
        case cpu
        /// Bytes of an allocation.
        case size
        /// Bytes of an area of vmalloc.
        case areaSize
        /// Bytes of a load.
        case width
        /// Several `struct page *`.
        case pages
        /// How many elements an allocation is for.
        case count
        /// A `struct kmem_cache *`, or the name of a cache.
        case cache
        /// A cache's name, in quotes.
        case name
        /// An object's alignment.
        case alignment
        /// What a cache is to be: ``CacheFlags``.
        case cacheFlags
        /// `NULL`, or the byte that a cache's constructor fills objects with.
        case constructor
        /// A slot of 2.6's `kmap_atomic`; may be left out.
        case kmapType
        /// A spin lock's name.
        case lock
        /// What a CPU's flags register was.
        case flags
    }

    /// One parameter.
    public struct Parameter: Sendable {
        /// The kernel's name for it.
        public let name: String
        /// What it holds.
        public let kind: ParameterKind
        /// What it is where arguments have names and this one is left out; `nil` if it must be given.
        public let usual: Argument?
    }

    /// An argument's value, as it was read.
    public enum Argument: Sendable {
        /// A gfp mask.
        case gfp(GFPFlags)
        /// Any other value.
        case number(UInt64)
        /// A name: a cache's own, or that of one to look for.
        case text(String)
        /// Several pointers to pages.
        case pages([PagePointer])

        var gfp: GFPFlags {
            switch self {
            case .gfp(let flags): flags
            case .number(let number): GFPFlags(rawValue: UInt32(truncatingIfNeeded: number))
            case .text, .pages: []
            }
        }
        var number: UInt64 {
            switch self {
            case .gfp(let flags): UInt64(flags.rawValue)
            case .number(let number): number
            case .text, .pages: 0
            }
        }
        var text: String {
            if case .text(let text) = self { text } else { "" }
        }
        var pages: [PagePointer] {
            if case .pages(let pages) = self { pages } else { [] }
        }
        var address: VirtualAddress { VirtualAddress(number) }
    }

    /// The function's name.
    public let name: String
    /// Its parameters in order.
    public let parameters: [Parameter]
    private let make: @Sendable ([Argument]) -> KernelCall

    /// How many arguments a call as C source may have: those at the end that C had two forms for may
    /// be left out.
    var argumentCounts: ClosedRange<Int> {
        let optional = parameters.reversed().prefix { $0.kind == .kmapType }.count
        return (parameters.count - optional)...parameters.count
    }

    /// The call with these arguments, one for each parameter and in range for its kind.
    public func call(_ arguments: [Argument]) -> KernelCall { make(arguments) }
}

extension KernelFunction.ParameterKind {
    /// The values that an argument may have.
    public var range: ClosedRange<UInt64> {
        switch self {
        case .gfp: 0...0xff_ffff
        case .order: 0...31
        case .page, .address: 0...UInt64.max
        case .byte: 0...255
        case .length: 0...65_536
        case .cpu: 0...7
        case .size, .count, .cacheFlags: 0...0xffff_ffff
        case .cache, .name, .pages: 0...UInt64.max
        case .areaSize: 0...0xff_ffff_ffff
        case .width: 1...8
        case .alignment: 0...4_096
        case .constructor: 0...255
        case .kmapType, .lock: 0...UInt64.max
        case .flags: 0...0xffff_ffff
        }
    }
}

extension KernelFunction {
    init(
        _ name: String, _ parameters: [(String, ParameterKind)],
        _ make: @escaping @Sendable ([Argument]) -> KernelCall
    ) {
        self.init(
            name: name,
            parameters: parameters.map { Parameter(name: $0.0, kind: $0.1, usual: $0.1.usual) },
            make: make)
    }

    /// Every function that can be called.
    public static let all =
        pageFunctions + slabFunctions + reclaimFunctions + vmallocFunctions + kmapFunctions
        + contextFunctions + processorFunctions

    private static let pageFunctions: [KernelFunction] = [
        .init("alloc_pages", [("gfp_mask", .gfp), ("order", .order)]) {
            .allocPages($0[0].gfp, order: UInt32($0[1].number))
        },
        .init("alloc_page", [("gfp_mask", .gfp)]) { .allocPage($0[0].gfp) },
        .init("__get_free_pages", [("gfp_mask", .gfp), ("order", .order)]) {
            .getFreePages($0[0].gfp, order: UInt32($0[1].number))
        },
        .init("__get_free_page", [("gfp_mask", .gfp)]) { .getFreePage($0[0].gfp) },
        .init("get_zeroed_page", [("gfp_mask", .gfp)]) { .getZeroedPage($0[0].gfp) },
        .init("page_address", [("page", .page)]) { .pageAddress(.init($0[0].number)) },
        .init("__free_pages", [("page", .page), ("order", .order)]) {
            .freePagesOf(.init($0[0].number), order: UInt32($0[1].number))
        },
        .init("__free_page", [("page", .page)]) { .freePageOf(.init($0[0].number)) },
        .init("free_pages", [("addr", .address), ("order", .order)]) {
            .freePages(.init($0[0].number), order: UInt32($0[1].number))
        },
        .init("free_page", [("addr", .address)]) { .freePage(.init($0[0].number)) },
        .init("split_page", [("page", .page), ("order", .order)]) {
            .splitPage(.init($0[0].number), order: UInt32($0[1].number))
        },
    ]

    private static let processorFunctions: [KernelFunction] = [
        .init("load", [("addr", .address), ("size", .width)]) {
            .load($0[0].address, width: UInt32($0[1].number))
        },
        .init("memset", [("addr", .address), ("byte", .byte), ("length", .length)]) {
            .memset(
                .init($0[0].number), byte: UInt8($0[1].number), length: UInt32($0[2].number))
        },
        .init("run_on_cpu", [("cpu", .cpu)]) { .runOn(cpu: UInt32($0[0].number)) },
        .init("kswapd_wakes", []) { _ in .kswapd(isAwake: true) },
        .init("kswapd_sleeps", []) { _ in .kswapd(isAwake: false) },
    ]

    /// The function of a name; `nil` if there is none.
    public static func named(_ name: some StringProtocol) -> KernelFunction? {
        all.first { $0.name == name }
    }
}
