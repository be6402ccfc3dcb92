/// A slab's list of free objects: an array of object numbers, of which those from the slab's count
/// of used objects on are free, the first of them next.
///
///     active = 3:   [ -  -  -  5  0  2 ]     object 5 is next, then 0, then 2
///
/// The numbers stand in the objects' records (``ObjectRecord/link``). Where the kernel has them in
/// memory is remembered (``Slab/freeList``), but they do not show in the bytes there.
extension Core {
    /// Takes the next free object of a slab.
    ///
    /// The corresponding kernel function is `slab_get_obj` (mm/slab.c, 6.1).
    func takeFreeObject(_ number: UInt32, size: UInt32) -> UInt64 {
        let slab = slab(number)
        let index = slab.record(slab.pointee.inuse).pointee.link
        slab.pointee.inuse += 1
        return slab.pointee.base &+ UInt64(index) &* UInt64(size)
    }

    /// Puts an object onto a slab's list of free ones.
    ///
    /// The kernel trusts its caller: objects freed too often are counted below zero, and then it
    /// writes before the list.
    ///
    /// - Parameter layout: that of the cache that the object is freed to.
    ///
    /// The corresponding kernel function is `slab_put_obj` (mm/slab.c, 6.1).
    func putFreeObject(_ object: UInt64, _ number: UInt32, _ layout: SlabLayout) {
        let slab = slab(number)
        let offset = UInt32(truncatingIfNeeded: object &- slab.pointee.base)
        slab.pointee.inuse &-= 1
        if slab.pointee.freeList == 0 { slab.pointee.freeList = object }
        if slab.pointee.inuse < slab.pointee.objects {
            let index = UInt8(truncatingIfNeeded: offset / layout.size)
            slab.record(slab.pointee.inuse).pointee.link = UInt16(index)
        }
    }
}
