/// Whether a function has a result.
extension KernelFunction {
    /// Whether it is `void`: a caller gets nothing that it could keep.
    public var isVoid: Bool { Self.voidNames.contains(name) }

    private static let voidNames: Set<String> = Set(
        [
            "__free_pages", "__free_page", "free_pages", "free_page", "split_page", "memset",
            "run_on_cpu", "kswapd_wakes", "kswapd_sleeps", "kfree", "kmem_cache_free",
            "kmem_cache_destroy", "unregister_shrinker", "free_list_put", "vfree", "kvfree",
            "vunmap", "vm_unmap_aliases", "kunmap", "kmap_flush_unused", "kunmap_atomic",
            "kunmap_local", "local_irq_restore",
        ] + voidEvents.map(\.rawValue)
            + LockVariant.allCases.filter { $0 != .irqsave }.map { "spin_lock" + $0.lockSuffix }
            + LockVariant.allCases.map { "spin_unlock" + $0.unlockSuffix })

    private static let voidEvents = CPUEvent.allCases.filter {
        ![.localIRQSave, .enterIRQ, .enterSoftirq].contains($0)
    }
}
