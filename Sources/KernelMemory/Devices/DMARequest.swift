/// What a device does to memory by itself: it stands on the other side of the MMU.
///
/// It is kept behind one reference so that calls stay small.
public final class DMARequest: Hashable, Sendable {
    /// Which way the bytes go.
    public enum Direction: String, CaseIterable, Sendable {
        /// The device reads memory. `DMA_TO_DEVICE`.
        case toDevice = "to_device"
        /// The device writes memory. `DMA_FROM_DEVICE`.
        case fromDevice = "from_device"
    }

    /// Where it begins.
    public let address: PhysicalAddress
    /// How many bytes.
    public let length: UInt32
    /// Address lines that the device has: 24 for an ISA card, 32 for most others.
    public let maskBits: UInt32
    /// Which way.
    public let direction: Direction
    /// What a device writes into every byte.
    public let byte: UInt8

    /// The most bytes at once.
    public static let lengthLimit: UInt32 = 1 << 20

    /// A transfer; nothing is checked.
    public init(
        address: PhysicalAddress, length: UInt32, maskBits: UInt32, direction: Direction,
        byte: UInt8 = 0xd7
    ) {
        self.address = address
        self.length = min(length, Self.lengthLimit)
        self.maskBits = maskBits
        self.direction = direction
        self.byte = byte
    }

    /// Whether all of it is alike.
    public static func == (left: DMARequest, right: DMARequest) -> Bool {
        (left.address, left.length, left.maskBits, left.direction, left.byte)
            == (right.address, right.length, right.maskBits, right.direction, right.byte)
    }

    /// Hashes what tells transfers apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(address)
        hasher.combine(length)
    }
}

extension DMARequest: CustomStringConvertible {
    /// `0x1400000, 8192, DMA_BIT_MASK(32), DMA_FROM_DEVICE`.
    public var description: String {
        let way = direction == .toDevice ? "DMA_TO_DEVICE" : "DMA_FROM_DEVICE"
        return "\(address), \(length), DMA_BIT_MASK(\(maskBits)), \(way)"
    }
}

/// Where a device's bytes went, or came from.
public struct DMAReport: Sendable {
    /// The step of the transfer.
    public let step: UInt32
    /// Whether the device could not reach so far, and nothing happened.
    public internal(set) var isRefused = false
    /// The stretches that it touched, in the order of their addresses.
    public internal(set) var parts: [Part] = []

    /// A stretch of physical memory that belongs to one owner.
    public struct Part: Sendable {
        /// Its first address.
        public let address: PhysicalAddress
        /// Its bytes.
        public internal(set) var length: UInt32
        /// Whose it is.
        public let owner: MemoryOwner
        /// Whether it belongs to the one whom the transfer began with.
        public let isMeant: Bool
    }
}

/// Whose a byte of physical memory is.
public enum MemoryOwner: Hashable, Sendable {
    /// Nothing answers there.
    case noMemory
    /// The kernel's image, firmware, or what it never gives away.
    case reserved
    /// Nobody's: it is free.
    case free
    /// A page table of the kernel's.
    case pageTable
    /// In use, but no call of this machine made it so.
    case unknown
    /// A block of pages that a call allocated.
    case pages(first: PageFrameNumber, order: UInt32, step: UInt32)
    /// An object of a slab, or what lies beside one: in use if there is a step.
    case object(VirtualAddress, cache: String, step: UInt32?)
    /// A page of an area of vmalloc.
    case area(VirtualAddress, page: UInt32, step: UInt32)
}
