/// A block of pages that a cache has cut into objects.
///
/// In a machine's memory the objects' records follow it (``ObjectRecord``), one for each.
///
/// The corresponding kernel type is `struct slab` (mm/slab.h, 6.1).
struct Slab {
    /// Where the first object's bytes start.
    var base: UInt64
    /// Where its list of free objects stands, in a machine with array caches. `freelist`.
    var freeList: UInt64 = 0
    /// The first page.
    var pfn: UInt32
    /// The cache's number.
    var cache: UInt32
    /// The next slab on the list that this one is on.
    var next: UInt32
    /// The previous one, on a cache's list.
    var previous: UInt32
    /// While it heads a CPU's list: how many slabs there are from it on. `slabs`.
    var chainLength: UInt32
    /// The first free object that no CPU has for its own. `freelist`.
    var head: UInt16
    /// Objects that are not free as far as the slab knows; a CPU's own free ones count as used.
    var inuse: UInt16
    /// How many objects it has.
    var objects: UInt16
    /// Base-2 logarithm of its pages.
    var order: UInt8
    /// A CPU keeps it.
    var isFrozen: Bool
    /// The list that it is on: a ``ListKind``, in a machine with array caches a ``SlabListKind``.
    var listCode: UInt8 = 0
    /// The CPU that takes objects from it now; ``noCPU`` if none does.
    var cpu: UInt8 = Self.noCPU
    /// The first free object of that CPU's own. The `freelist` of its `struct kmem_cache_cpu`.
    var cpuHead = ObjectIndex.none
    /// Bytes from one object to the next, as in the cache.
    var size: UInt32
    /// 2^48 / ``size``.
    var reciprocal: UInt64

    static let noCPU: UInt8 = .max
    /// Where the records start.
    static var recordOffset: Int { @inline(__always) get { MemoryLayout<Slab>.stride } }
    static func nodeSize(objects: UInt32) -> Int {
        recordOffset + Int(objects) * MemoryLayout<ObjectRecord>.stride
    }
}

extension Slab {
    /// The index of the object that covers a byte, by its distance from ``base``.
    @inline(__always)
    func index(ofOffset offset: UInt64) -> UInt64 {
        ((offset & 0xffff_ffff) &* reciprocal) &>> 48
    }
}

extension Slab {
    /// The lists that a slab can be on, one at a time.
    enum ListKind: UInt8 {
        /// None: it is full, or a CPU takes objects from it.
        case none
        /// A cache's slabs with free objects.
        case partial
        /// A checked cache's slabs without.
        case full
        /// The slabs that a CPU keeps beside its own.
        case cpuPartial
    }

    /// Which of them it is on.
    var slubList: ListKind {
        get { ListKind(rawValue: listCode) ?? .none }
        set { listCode = newValue.rawValue }
    }

    /// The cache whose list that is; kept where machines with array caches have ``freeList``.
    var slubListOwner: UInt32 {
        get { UInt32(truncatingIfNeeded: freeList) }
        set { freeList = UInt64(newValue) }
    }
}

extension UnsafeMutablePointer<Slab> {
    /// The record of an object of the slab.
    @inline(__always)
    func record(_ index: UInt16) -> UnsafeMutablePointer<ObjectRecord> {
        (UnsafeMutableRawPointer(self) + Slab.recordOffset)
            .assumingMemoryBound(to: ObjectRecord.self) + Int(index)
    }
}

extension UnsafePointer<Slab> {
    /// The record of an object of the slab.
    @inline(__always)
    func record(_ index: UInt16) -> UnsafePointer<ObjectRecord> {
        (UnsafeRawPointer(self) + Slab.recordOffset)
            .assumingMemoryBound(to: ObjectRecord.self) + Int(index)
    }
}
