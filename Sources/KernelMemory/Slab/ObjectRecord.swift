/// What the machine knows of one object of a slab, beside its bytes: 12 bytes for each.
///
///     0           4       8           10     12
///     | allocated | freed | requested | link |
///
/// The kernel keeps nothing like it, but for ``link``: there it is the pointer in the free
/// object's own bytes.
struct ObjectRecord {
    /// The step of the call that allocated the object last; 0 if none did.
    var allocated: UInt32
    /// The step of the call that freed it last; 0 if none did.
    var freed: UInt32
    /// The bytes that were asked for, 0 for all of the object, and the flags below.
    private var request: UInt16
    /// What the object's free-pointer slot holds, in short: an ``ObjectIndex``.
    var link: UInt16

    /// Somebody owns the object.
    private static let live: UInt16 = 0x8000
    /// The kernel allocated it for itself.
    private static let kernels: UInt16 = 0x4000
    private static let sizeMask: UInt16 = 0x3fff
}

extension ObjectRecord {
    var isLive: Bool { @inline(__always) get { request & Self.live != 0 } }
    var isKernels: Bool { request & Self.kernels != 0 }
    var requested: UInt32 { @inline(__always) get { UInt32(request & Self.sizeMask) } }

    /// The step of the last allocation; `nil` if there was none.
    var allocatedStep: UInt32? { allocated == 0 ? nil : allocated }
    /// The step of the last free; `nil` if there was none, or if the object was allocated since.
    var freedStep: UInt32? { freed == 0 || isLive ? nil : freed }

    /// Says that somebody owns the object from a step on.
    @inline(__always)
    mutating func own(requested: UInt32, step: UInt32) {
        request = UInt16(truncatingIfNeeded: requested) | Self.live
        allocated = step
    }

    /// Says that the owner is the kernel itself.
    mutating func markKernels() { request |= Self.kernels }

    /// Says that nobody owns the object any more.
    @inline(__always)
    mutating func disown(step: UInt32) {
        request &= Self.sizeMask
        freed = step
    }
}

/// Names an object of a slab by its place, counted from 0; 16 bits, as SLUB counts objects.
enum ObjectIndex {
    /// No object: the pointer is NULL.
    static let none: UInt16 = 0xffff
    /// The pointer is not to an object of this slab: its value stands in the bytes of memory, as
    /// the kernel has it, or beside the head of the list.
    static let stray: UInt16 = 0xfffe
    /// Objects in a slab, at most. `MAX_OBJS_PER_PAGE`.
    static let limit: UInt32 = 32767
}
