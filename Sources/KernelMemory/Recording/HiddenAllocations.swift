/// What is allocated and yet on no list, so that no dump shows it.
package struct HiddenAllocations: Sendable {
    /// Slabs that are full unless a dump shows them on a list.
    package var slabs: [Slab] = []
    /// Blocks of pages that kmalloc gave.
    package var blocks: [Block] = []

    /// Nothing.
    package static let none = HiddenAllocations()

    /// A slab.
    package struct Slab: Sendable {
        /// Where the `struct kmem_cache` of its cache stands.
        var cache: UInt64
        /// First frame.
        var pfn: UInt32
        /// Base-2 logarithm of its pages.
        var order: UInt32
        /// Objects it has.
        var objects: UInt16
    }

    /// A large allocation.
    package struct Block: Sendable {
        /// First frame.
        var pfn: UInt32
        /// Base-2 logarithm of its pages.
        var order: UInt32
        /// Bytes asked for.
        var size: UInt32
    }
}

extension Machine {
    /// What is allocated here and would be missing from a dump.
    ///
    /// - Complexity: O(slabs + frames that were ever touched).
    package var hiddenAllocations: HiddenAllocations {
        var hidden = HiddenAllocations()
        core.slabs.pointee.forEach { number in
            let slab = core.readSlab(number).pointee
            hidden.slabs.append(
                .init(
                    cache: core.readCache(slab.cache).pointee.address, pfn: slab.pfn,
                    order: UInt32(slab.order), objects: slab.objects))
        }
        for pfn in 0..<core.shape.frameEnd where !core.frames.isUntouched(pfn) {
            let frame = core.frames.readable(pfn).pointee
            guard frame.has(Frame.largeKMalloc) else { continue }
            hidden.blocks.append(.init(pfn: pfn, order: frame.order, size: frame.next))
        }
        return hidden
    }
}
