/// Warnings with a trace, as `WARN` prints them: the kernel found something wrong and goes on.
extension Core {
    /// A warning that is printed the first time only. `WARN_ON_ONCE`
    func warnOnce(_ which: OnceOnly, at place: String, in function: String) {
        guard cold.warnedOnce.insert(which).inserted else { return }
        beginWarning()
        finishWarning(at: place, in: function)
    }

    /// The line above a warning.
    func beginWarning() { printk("------------[ cut here ]------------") }

    /// Where the warning is from, who was running, and the line below.
    ///
    /// The corresponding kernel function is `__warn` (kernel/panic.c, 6.1).
    func finishWarning(at place: String, in function: String) {
        cold.markNoticed(step: control.pointee.step)
        printk(
            "WARNING: CPU: \(control.pointee.cpu) PID: \(currentPid) at \(place) \(function)")
        printCallTrace([], at: function)
        printk("---[ end trace 0000000000000000 ]---")
        cold.taint.warned = true
    }
}

/// Warnings that the kernel prints only once.
enum OnceOnly: Hashable {
    /// `kfree` of a single page. `WARN_ON_ONCE` in `free_large_kmalloc`.
    case freeOfSinglePage
    /// `kmem_cache_free` of what is in no slab. `WARN_ONCE` in `virt_to_cache`.
    case noSlabPage
    /// `vmalloc(0)`. `WARN_ON_ONCE` in `__vmalloc_node_range`.
    case vmallocOfNothing
    /// A device that does not reach so far. `dev_WARN_ONCE` in `dma_direct_map_page`.
    case dmaOverflow
    /// Zeroed objects were asked of a cache with a constructor. `WARN_ON_ONCE` in `new_slab`.
    case zeroedConstructor
    /// `local_bh_enable` in an interrupt. `WARN_ON_ONCE` in `__local_bh_enable_ip`.
    case bottomHalvesInHardirq
    /// All CPUs were to flush their TLBs, in an interrupt. `WARN_ON_ONCE` in
    /// `smp_call_function_many_cond`.
    case crossCallInInterrupt
    /// A mapping in an interrupt that allows others. `WARN_ON_ONCE` in `kmap_local_idx_push`.
    case localMappingInHardirq
    /// Mappings given up out of turn. `WARN_ON_ONCE` in `kunmap_local_indexed`.
    case unmapOutOfOrder
    /// The same, of an address below the kernel's.
    case unmapOfUserAddress
    /// The first taint after which locks are no longer checked.
    case lockDebugging
}
