import KernelMemory

/// Pages that tasks have allocated, until it is known what for: the kernel tells of a slab's pages just before
/// it tells of the object that the slab was made for.
struct WaitingPages: Sendable {
    /// One event.
    struct Page: Sendable {
        let gfp: GFPFlags
        let order: UInt64
        /// The first frame; 0 if there were none.
        let pfn: UInt64
        /// When it was; `nil` if that does not matter.
        let seconds: UInt64?

        /// Whether the mask is that of the slab allocator's first try: it can do with fewer pages.
        ///
        /// The corresponding kernel function is `allocate_slab` (mm/slub.c, 6.1).
        var isSlabs: Bool { gfp.contains(.noWarn) && gfp.contains(.noRetry) }

        /// Whether these are the pages of a kmalloc that no cache serves.
        ///
        /// The corresponding kernel function is `__kmalloc_large_node` (mm/slab_common.c, 6.1).
        func isBlock(of size: UInt64) -> Bool {
            size > 8_192 && gfp.contains(.comp) && size <= 4_096 << order
                && (order == 0 || size > 4_096 << (order - 1))
        }
    }

    private var tasks: [[UInt8]: [Page]] = [:]
    /// How many there are.
    private(set) var count = 0

    /// Adds a task's next page.
    mutating func add(_ page: Page, of task: UnsafeRawBufferPointer) {
        tasks[Array(task), default: []].append(page)
        count += 1
    }

    /// Takes a task's pages, in order.
    mutating func take(of task: UnsafeRawBufferPointer) -> [Page] {
        let pages = tasks.removeValue(forKey: Array(task)) ?? []
        count -= pages.count
        return pages
    }

    /// Takes what a frame is among, in order; nothing if it does not wait. Of several tasks that say they have
    /// it, it is the first one's by name.
    mutating func take(with pfn: UInt64) -> [Page] {
        guard count > 0 else { return [] }
        let owners = tasks.filter { $0.value.contains { $0.pfn == pfn } }.keys
        guard let task = owners.min(by: { $0.lexicographicallyPrecedes($1) }) else { return [] }
        return task.withUnsafeBytes { take(of: $0) }
    }

    /// Takes all, by task in the order of their names.
    mutating func takeAll() -> [Page] {
        let all = tasks.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap(\.value)
        self = WaitingPages()
        return all
    }
}
