extension MisuseStory {
    /// Cases that were recorded and are not told yet: they need execution contexts, or `kmap`.
    static let untold: Set<String> = [
        "gfp_highmem_get_free_pages", "irq_kmalloc", "irq_vfree", "irq_vmalloc",
        "irqoff_kmalloc", "kmap_atomic_sleep", "kmap_exhaust", "kmap_irq", "kunmap_local_order",
        "preempt_alloc_pages", "preempt_kmalloc", "preempt_kmalloc_atomic", "preempt_vfree",
        "preempt_vmalloc",
    ]
}
