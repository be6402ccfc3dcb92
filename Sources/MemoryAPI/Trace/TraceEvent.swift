import KernelMemory

/// An event of the kernel's `kmem` events, with its fields as ftrace prints them.
///
/// The corresponding kernel file is include/trace/events/kmem.h, 6.1; `kmem_cache_alloc` has the cache's name
/// as later kernels give it.
enum TraceEvent {
    /// Bytes were allocated, or were not: then the address is 0.
    case kmalloc(VirtualAddress, requested: UInt64, allocated: UInt64, GFPFlags)
    /// An object was allocated, or was not.
    case cacheAlloc(VirtualAddress, requested: UInt64, allocated: UInt64, GFPFlags, cache: String)
    /// Bytes were freed.
    case kfree(VirtualAddress)
    /// An object was freed.
    case cacheFree(VirtualAddress, cache: String)
    /// Pages were allocated, or were not: then there is no frame.
    case pageAlloc(PageFrameNumber?, order: Int, migratetype: Int, gfp: String)
    /// Pages were freed.
    case pageFree(PageFrameNumber, order: Int)
    /// A free block was taken from another migrate type.
    case fallback(
        PageFrameNumber, order: Int, block: Int, pageBlockOrder: Int, from: Int, to: Int,
        isClaimed: Bool)
    /// A call that the events do not tell; behind `{` come the events of what it did, up to a `}`.
    case mark(String)

    /// The event as ftrace prints it: its name and its fields.
    func text(_ machine: Machine, step: UInt32) -> String {
        let site = "call_site=step_\(step)+0x0/0x0"
        switch self {
        case .kmalloc(let address, let requested, let allocated, let gfp):
            return "kmalloc: \(site) "
                + Self.object(machine, address, requested, allocated, gfp)
        case .cacheAlloc(let address, let requested, let allocated, let gfp, let cache):
            return "kmem_cache_alloc: \(site) "
                + Self.object(machine, address, requested, allocated, gfp) + " name=\(cache)"
        case .kfree(let address):
            return "kfree: \(site) ptr=\(Self.pointer(machine, address.rawValue))"
        case .cacheFree(let address, let cache):
            return "kmem_cache_free: \(site) ptr=\(Self.pointer(machine, address.rawValue))"
                + " name=\(cache)"
        case .pageAlloc(let pfn, let order, let type, let gfp):
            return "mm_page_alloc: \(Self.page(machine, pfn)) order=\(order) migratetype=\(type) "
                + "gfp_flags=\(gfp)"
        case .pageFree(let pfn, let order):
            return "mm_page_free: \(Self.page(machine, pfn)) order=\(order)"
        case .fallback(
            let pfn, let order, let block, let pageBlockOrder, let from, let to, let isClaimed):
            return "mm_page_alloc_extfrag: \(Self.page(machine, pfn)) alloc_order=\(order) "
                + "fallback_order=\(block) pageblock_order=\(pageBlockOrder) "
                + "alloc_migratetype=\(to) fallback_migratetype=\(from) "
                + "fragmenting=\(block < pageBlockOrder ? 1 : 0) change_ownership=\(isClaimed ? 1 : 0)"
        case .mark(let text): return "tracing_mark_write: kmemlab: \(text)"
        }
    }

    private static func object(
        _ machine: Machine, _ address: VirtualAddress, _ requested: UInt64, _ allocated: UInt64,
        _ gfp: GFPFlags
    ) -> String {
        "ptr=\(pointer(machine, address.rawValue)) bytes_req=\(requested) bytes_alloc=\(allocated) "
            + "gfp_flags=\(gfp) node=-1 accounted=\(gfp.contains(.account) ? "true" : "false")"
    }

    private static func page(_ machine: Machine, _ pfn: PageFrameNumber?) -> String {
        let page = pfn.map { machine.pagePointer(of: $0).rawValue } ?? 0
        return "page=\(pointer(machine, page)) pfn=0x\(String(pfn?.rawValue ?? 0, radix: 16))"
    }

    /// A pointer as `%p` prints it: as many digits as the machine has.
    private static func pointer(_ machine: Machine, _ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        let width = machine.architecture == .x86_64 ? 16 : 8
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
