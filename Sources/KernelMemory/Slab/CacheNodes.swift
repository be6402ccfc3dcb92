/// What a cache needs beside its `struct kmem_cache`: a `struct kmem_cache_node`, which counts and
/// lists its slabs, and with the classic allocator an array that the CPUs share.
///
/// SLUB has a cache of nodes; the classic allocator takes them from kmalloc.
extension Core {
    /// The cache that SLUB's nodes come from: the second one.
    var nodeCache: UInt32 { 1 }

    /// Allocates a new cache's node.
    ///
    /// - Returns: whether there was memory for it; if not, ``freeNode(of:)`` gives back what there
    ///   was.
    ///
    /// The corresponding kernel functions are `init_kmem_cache_nodes` (mm/slub.c) and
    /// `setup_kmem_cache_node` (mm/slab.c, 6.1).
    func allocateNode(of cache: UInt32) -> Bool {
        if hasArrayCaches, !allocateSharedArray(of: cache) { return false }
        let address =
            hasArrayCaches
            ? kmallocForKernel(UInt64(shape.architecture.cacheNodeSize), .kernel)
            : allocateForKernel(nodeCache)
        objectCache(cache).pointee.nodeAddress = address
        return address != 0
    }

    private func allocateSharedArray(of cache: UInt32) -> Bool {
        let owner = classicCache(cache)
        guard let shared = owner.shared else { return true }
        let bytes = 16 + shared.pointee.limit * shape.architecture.pointerSize
        owner.pointee.sharedAddress = kmallocForKernel(UInt64(bytes), .kernel)
        return owner.pointee.sharedAddress != 0
    }

    /// Gives it back. `__kmem_cache_release`.
    func freeNode(of cache: UInt32) {
        if hasArrayCaches { kfree(readClassicCache(cache).pointee.sharedAddress) }
        kfree(readCache(cache).pointee.nodeAddress)
    }
}

extension Architecture {
    /// Bytes in the `struct kmem_cache_node` of the classic allocator.
    var cacheNodeSize: UInt32 { self == .i386 ? 64 : 120 }
}
