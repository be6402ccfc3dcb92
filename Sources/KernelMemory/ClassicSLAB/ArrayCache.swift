/// Free objects at hand, last in first out: each CPU's own, and those that the CPUs share.
///
/// In a cache's node the entries follow it: addresses, the oldest first. It hands out whatever was
/// put into it, be it an object or not.
///
/// The corresponding kernel type is `struct array_cache` (mm/slab.c, 6.1).
struct ArrayCache {
    /// How many there are. `avail`.
    var count: UInt32 = 0
    /// How many there may be. `limit`.
    var limit: UInt32
    /// How many are moved at once. `batchcount`.
    var batchCount: UInt32
    /// 1 if any was taken lately. `touched`.
    var touched: UInt32 = 0

    static let entryOffset = 16
    static func size(limit: UInt32) -> Int { entryOffset + Int(limit) * 8 }

    /// What the kernel writes where nobody looks: the batch count of a shared array.
    static let unusedBatchCount: UInt32 = 0xbaad_f00d
}

extension UnsafeMutablePointer<ArrayCache> {
    /// The addresses, the oldest first.
    var entries: UnsafeMutablePointer<UInt64> {
        @inline(__always) get {
            (UnsafeMutableRawPointer(self) + ArrayCache.entryOffset)
                .assumingMemoryBound(to: UInt64.self)
        }
    }

    /// Adds an object; there must be room.
    @inline(__always)
    func push(_ object: UInt64) {
        precondition(pointee.count < pointee.limit)
        entries[Int(pointee.count)] = object
        pointee.count &+= 1
    }

    /// Takes the newest object; there must be one.
    @inline(__always)
    func pop() -> UInt64 {
        precondition(pointee.count > 0)
        pointee.count &-= 1
        return entries[Int(pointee.count)]
    }

    /// Moves the newest objects to another array, as many as it has room for.
    ///
    /// - Returns: how many.
    ///
    /// The corresponding kernel function is `transfer_objects` (mm/slab.c, 6.1).
    func transfer(to other: UnsafeMutablePointer<ArrayCache>, atMost most: UInt32) -> UInt32 {
        let moved = min(pointee.count, most, other.pointee.limit - other.pointee.count)
        pointee.count -= moved
        let target = other.entries + Int(other.pointee.count)
        target.update(from: entries + Int(pointee.count), count: Int(moved))
        other.pointee.count += moved
        return moved
    }

    /// Forgets the oldest objects and moves the others up.
    func removeOldest(_ number: UInt32) {
        pointee.count -= number
        entries.update(from: entries + Int(number), count: Int(pointee.count))
    }
}

extension UnsafePointer<ArrayCache> {
    /// The addresses, the oldest first.
    var entries: UnsafePointer<UInt64> {
        (UnsafeRawPointer(self) + ArrayCache.entryOffset).assumingMemoryBound(to: UInt64.self)
    }
}
