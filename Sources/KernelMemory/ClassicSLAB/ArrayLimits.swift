/// How many free objects of a cache the CPUs keep at hand.
struct ArrayLimits: Hashable {
    /// Objects that one CPU keeps, at most. `limit`.
    var limit: UInt32
    /// Objects that come and go at once. `batchcount`.
    var batchCount: UInt32
    /// Batches that the CPUs keep together; 0 if there is one CPU. `shared`.
    var sharedBatches: UInt32

    /// The kernel's guesses by the size of an object.
    ///
    /// The corresponding kernel function is `enable_cpucache` (mm/slab.c, 6.1).
    init(size: UInt32, cpus: Int) {
        limit =
            size > 128 << 10 ? 1 : size > 4096 ? 8 : size > 1024 ? 24 : size > 256 ? 54 : 120
        batchCount = (limit + 1) / 2
        sharedBatches = size <= 4096 && cpus > 1 ? 8 : 0
    }

    /// Objects that the CPUs keep together, at most.
    var sharedLimit: UInt32 { sharedBatches * batchCount }
}
