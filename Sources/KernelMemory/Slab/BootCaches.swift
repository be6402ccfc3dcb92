/// A cache that the kernel makes while it boots.
private struct BootCache {
    var name: String
    /// Bytes of an object on i386 and on x86_64.
    var size: (UInt32, UInt32)
    var align: UInt32 = 0
    var flags: CacheFlags = []
    var hasConstructor = false
    /// Parts of its objects are copied to and from user space: it shares with nobody. `usersize`.
    var isForUserCopies = false
    /// It is made when all CPUs are online.
    var isLate = false
    /// The kernel cannot live without it. `SLAB_PANIC`.
    var isVital = true
}

extension Core {
    /// Makes the caches that a kernel has when it has booted, all of them empty.
    ///
    /// Their own `struct kmem_cache` lie in the kernel's image, one behind the other.
    ///
    /// The corresponding kernel functions are `kmem_cache_init` and `create_kmalloc_caches`
    /// (mm/slub.c and mm/slab_common.c, 6.1).
    func makeBootCaches() {
        var address = bootDescriptors
        for cache in hasArrayCaches ? BootCache.classicBootstrap : BootCache.bootstrap {
            addBootCache(cache, at: &address, users: -1)
        }
        for family in KMallocFamily.allCases {
            for index in kmallocOrder(family) { addKMallocCache(family, index, at: &address) }
        }
        indexSmallSizes()
        for var cache in BootCache.all where shape.architecture == .x86_64 || cache.size.0 > 0 {
            if cache.isVital { cache.flags.insert(.panic) }
            if !shareBootCache(cache) { addBootCache(cache, at: &address, users: 1) }
        }
    }

    /// The order in which a family's caches are made; the classic allocator needs that of its nodes
    /// before any other.
    private func kmallocOrder(_ family: KMallocFamily) -> [Int] {
        var order = KMallocSizes.bootOrder.filter { KMallocSizes.bytes[$0] >= leastKMallocSize }
        if hasArrayCaches, family == .normal {
            let nodes = KMallocSizes.index(
                shape.architecture.cacheNodeSize, least: leastKMallocSize)
            order.removeAll { $0 == nodes }
            order.insert(nodes, at: 0)
        }
        return order
    }

    private func addKMallocCache(_ family: KMallocFamily, _ index: Int, at address: inout UInt64) {
        let size = KMallocSizes.bytes[index]
        let isPowerOfTwo = size & (size - 1) == 0
        var flags = family.flags.union(.kmalloc)
        if hasArrayCaches { flags.insert(.hardwareCacheAlign) }
        let cache = BootCache(
            name: KMallocSizes.name(family, index), size: (size, size),
            align: isPowerOfTwo ? max(size, 8) : 8, flags: flags,
            isForUserCopies: true)
        kmallocCaches[family.rawValue * KMallocSizes.count + index] = caches.pointee.end
        addBootCache(cache, at: &address, users: 1)
    }

    private func addBootCache(_ cache: BootCache, at address: inout UInt64, users: Int32) {
        let request = cache.request(shape.architecture)
        let align = CacheGeometry.alignment(
            cache.flags, cache.align, size: request.size, on: shape.architecture)
        let number = addCache(
            request, cache.flags, align: align, address: address, users: users)
        guard let number else { return }
        objectCache(number).pointee.isForUserCopies = cache.isForUserCopies
        if hasArrayCaches, !cache.isLate { limitFreeObjects(of: number, cpus: 1) }
        address += UInt64(objectCache(0).pointee.geometry.size)
    }

    private func shareBootCache(_ cache: BootCache) -> Bool {
        if cache.isForUserCopies || cache.hasConstructor { return false }
        let request = cache.request(shape.architecture)
        guard let other = findMergeable(request, cache.flags) else { return false }
        _ = share(other, with: request)
        return true
    }

    /// Whether the kernel makes a cache of this name for copies to and from user space.
    func isForUserCopies(_ name: String) -> Bool {
        KMallocFamily.allCases.contains { name.hasPrefix($0.prefix) }
            || BootCache.all.contains { $0.name == name && $0.isForUserCopies }
    }

    /// Where the `struct kmem_cache` of the first cache stands: in the kernel's own frames.
    private var bootDescriptors: UInt64 {
        let kernel = (1..<shape.frameEnd).first { frames.readable($0).pointee.has(Frame.reserved) }
        return directAddress(kernel ?? 1)
    }
}

extension KMallocSizes {
    /// The order in which a family's caches are made: 96 and 192 where they belong.
    static let bootOrder = [3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13]
}

extension BootCache {
    func request(_ architecture: Architecture) -> CacheRequest {
        CacheRequest(
            name: name, size: architecture == .i386 ? size.0 : size.1, align: align,
            flags: flags, constructor: hasConstructor ? .unknown : .none)
    }

    /// The two caches that the others need.
    static let bootstrap: [BootCache] = [
        .init(name: "kmem_cache", size: (132, 200), flags: .hardwareCacheAlign),
        .init(name: "kmem_cache_node", size: (32, 64), flags: .hardwareCacheAlign),
    ]

    /// The one that the classic allocator needs.
    static let classicBootstrap: [BootCache] = [
        .init(name: "kmem_cache", size: (96, 128), flags: .hardwareCacheAlign)
    ]

    /// Those of the subsystems that the recorded kernels have, in the order of their making.
    static let all: [BootCache] = [
        .init(name: "vmap_area", size: (32, 64)),
        .init(name: "mm_struct", size: (500, 896), flags: aligned, isForUserCopies: true),
        .init(
            name: "radix_tree_node", size: (300, 576), flags: .reclaimAccount, hasConstructor: true),
        .init(name: "maple_node", size: (256, 256), align: 256),
        .init(name: "pool_workqueue", size: (256, 256), align: 256),
        .init(name: "perf_event", size: (712, 992)),
        .init(name: "pid", size: (60, 112), flags: aligned),
        .init(name: "anon_vma", size: (52, 96), flags: .typesafeByRCU, hasConstructor: true),
        .init(name: "anon_vma_chain", size: (32, 64)),
        .init(name: "cred_jar", size: (104, 136), flags: aligned),
        .init(name: "task_struct", size: (2176, 2880), align: 64, isForUserCopies: true),
        .init(
            name: "sighand_cache", size: (1300, 2080),
            flags: [.hardwareCacheAlign, .typesafeByRCU],
            hasConstructor: true),
        .init(name: "signal_cache", size: (616, 960), flags: aligned),
        .init(name: "files_cache", size: (256, 704), flags: aligned),
        .init(name: "fs_cache", size: (36, 56), flags: aligned),
        .init(name: "vm_area_struct", size: (64, 128)),
        .init(name: "nsproxy", size: (36, 72)),
        .init(name: "names_cache", size: (4096, 4096), flags: aligned, isForUserCopies: true),
        .init(name: "dentry", size: (128, 192), flags: .reclaimAccount, isForUserCopies: true),
        .init(
            name: "inode_cache", size: (368, 568), flags: .reclaimAccount, hasConstructor: true),
        .init(name: "filp", size: (152, 216), flags: aligned),
        .init(name: "mnt_cache", size: (160, 312), flags: aligned),
        .init(name: "kernfs_node_cache", size: (76, 128)),
        .init(name: "kernfs_iattrs_cache", size: (64, 88)),
        .init(name: "sigqueue", size: (48, 80)),
        .init(name: "seq_file", size: (72, 120)),
        .init(
            name: "proc_inode_cache", size: (408, 640), flags: .reclaimAccount,
            hasConstructor: true),
        .init(name: "pde_opener", size: (20, 40)),
        .init(name: "proc_dir_entry", size: (128, 192), isForUserCopies: true),
        .init(name: "uid_cache", size: (60, 104), flags: aligned, isLate: true),
        .init(
            name: "hugetlbfs_inode_cache", size: (0, 576), hasConstructor: true, isLate: true,
            isVital: false),
        .init(name: "posix_timers_cache", size: (164, 256), isLate: true),
        .init(name: "fasync_cache", size: (32, 48), isLate: true),
    ]

    private static let aligned: CacheFlags = .hardwareCacheAlign
}
