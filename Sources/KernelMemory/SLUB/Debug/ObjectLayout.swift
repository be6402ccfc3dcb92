/// How a checked object lies in memory:
///
///     red zone | object | red zone | free pointer | allocated | freed | size | padding
///     ^ -redLeftPad ^ 0  ^ objectSize ^ inuse       ^ infoEnd                  ^ paddingOffset
///
/// Which parts there are depends on the cache's flags. `struct track` is the same on both
/// architectures but for the width of its words: the caller, the stack's handle, CPU, task, time.
extension CacheGeometry {
    /// The free pointer is behind the object, not in it. `freeptr_outside_object`.
    var hasOutsideFreePointer: Bool { freePointerOffset >= inuse }

    /// Where the notes about users start. `get_info_end`.
    func infoEnd(_ architecture: Architecture) -> UInt32 {
        hasOutsideFreePointer ? inuse + architecture.pointerSize : inuse
    }

    /// Where the note of the allocation, or of the free, starts. `get_track`.
    func trackOffset(_ event: TrackedEvent, _ architecture: Architecture) -> UInt32 {
        infoEnd(architecture) + UInt32(event.rawValue) * architecture.trackSize
    }

    /// The size that kmalloc was asked for is noted. `slub_debug_orig_size`.
    var notesSize: Bool { flags.isSuperset(of: [.storeUser, .kmalloc]) }

    /// Where the padding starts, and where the note of the size would end.
    func paddingOffset(_ architecture: Architecture) -> UInt32 {
        var offset = infoEnd(architecture)
        if flags.contains(.storeUser) { offset += 2 * architecture.trackSize }
        return notesSize ? offset + 4 : offset
    }

    /// Bytes from an object to its end, with what belongs to it. `size_from_object`.
    var sizeFromObject: UInt32 { size - redLeftPad }
}

/// Whose user is noted. `enum track_item`.
enum TrackedEvent: Int {
    case allocation
    case free
}

/// The bytes that a checking kernel fills memory with (include/linux/poison.h, 6.1).
enum PoisonByte {
    /// Red zone of an object that is free. `SLUB_RED_INACTIVE`.
    static let redInactive: UInt8 = 0xbb
    /// Red zone of an object in use. `SLUB_RED_ACTIVE`.
    static let redActive: UInt8 = 0xcc
    /// Padding, and what was never used. `POISON_INUSE`.
    static let inUse: UInt8 = 0x5a
    /// A free object. `POISON_FREE`.
    static let free: UInt8 = 0x6b
    /// The last byte of a free object. `POISON_END`.
    static let end: UInt8 = 0xa5
}
