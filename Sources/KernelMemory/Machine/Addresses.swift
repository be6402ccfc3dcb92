/// The number of a page frame: its physical address divided by 4,096.
///
/// The corresponding kernel notion is `pfn`.
public struct PageFrameNumber: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number itself. Machines here have fewer than 2^32 frames.
    public let rawValue: UInt32

    /// Names a frame by its number; nothing is checked.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Names a frame by its number.
    @inlinable
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The physical address of the frame's first byte.
    @inlinable
    public var physicalAddress: PhysicalAddress { .init(UInt64(rawValue) << 12) }

    /// Orders frames by their place in memory.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// An address on the memory bus, as a device sees it.
///
/// The corresponding kernel type is `phys_addr_t`.
public struct PhysicalAddress: RawRepresentable, Hashable, Sendable {
    /// The address in bytes.
    public let rawValue: UInt64

    /// Names a physical address; nothing is checked.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Names a physical address.
    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// An address as kernel code uses it: a pointer of the simulated kernel, 32 or 64 bits wide.
///
/// It may be anything a caller passes: nothing says that something is mapped there.
public struct VirtualAddress: RawRepresentable, Hashable, Sendable {
    /// The address in bytes; 0 is `NULL`.
    public let rawValue: UInt64

    /// Names a virtual address; nothing is checked.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Names a virtual address.
    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The pointer that points nowhere.
    public static let null = VirtualAddress(0)
}

/// The address of a `struct page` in the kernel's memory map: how `alloc_pages` names a frame.
///
/// As with every pointer, a caller may pass any number.
public struct PagePointer: RawRepresentable, Hashable, Sendable {
    /// The address in bytes; 0 is `NULL`.
    public let rawValue: UInt64

    /// Names a `struct page` by its address; nothing is checked.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Names a `struct page` by its address.
    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// What the kernel's C library of sizes calls a page: 4,096 bytes on both architectures.
public enum Page {
    /// Base-2 logarithm of the page size. The corresponding kernel constant is `PAGE_SHIFT`.
    public static let shift = 12
    /// Bytes in a page. The corresponding kernel constant is `PAGE_SIZE`.
    public static let sizeInBytes = 4096
}

/// Block sizes of the page allocator.
public enum Order {
    /// The largest order that can be asked for, 10: blocks of 1,024 pages.
    ///
    /// The kernel of the time writes it as `MAX_ORDER - 1`.
    public static let largest: UInt32 = 10
    /// Pages of a block of that order.
    static let largestPageCount: UInt32 = 1 << largest
    /// How many orders there are, 11. The corresponding kernel constant is `MAX_ORDER`.
    public static let count = 11
    /// Requests above this order are hard to meet, and fail sooner. `PAGE_ALLOC_COSTLY_ORDER`.
    public static let costly: UInt32 = 3
}
