/// What can be asked of a machine without changing it.
extension Machine {
    /// Calls applied since boot. Every state has this number.
    public var step: UInt32 { core.control.pointee.step }
    /// Why the machine runs no more; `nil` while it runs.
    public var oops: String? { core.cold.oops }
    /// The CPU that the next call runs on.
    public var currentCPU: Int { Int(core.control.pointee.cpu) }
    /// How many CPUs are online.
    public var cpuCount: Int { core.shape.cpuCount }
    /// The instruction set.
    public var architecture: Architecture { core.shape.architecture }
    /// Base-2 logarithm of the pages in a page block.
    public var pageBlockOrder: Int { Int(core.pageBlockOrder) }
    /// Where things are in the address space.
    public var layout: AddressLayout { core.layout }
    /// One past the highest frame number.
    public var frameEnd: UInt32 { core.shape.frameEnd }

    /// The kernel log, oldest line first.
    public var log: [LogLine] { core.cold.log.lines }
    /// The lines that one step printed.
    public func log(of step: UInt32) -> ArraySlice<LogLine> { core.cold.log.lines(of: step) }

    /// The rules that callers broke, in the order in which they did.
    public var misuses: [Misuse] { core.cold.misuses }
    /// How many there are in all; ``misuses`` keeps the first 10,000.
    public var misuseCount: Int { core.cold.misuseCount }
    /// The rules that the call of one step broke.
    public func misuses(of step: UInt32) -> ArraySlice<Misuse> {
        let all = core.cold.misuses
        guard let last = all.last, last.step >= step else { return [] }
        let start = all.lastIndex { $0.step < step }.map { $0 + 1 } ?? 0
        return all[start...].prefix { $0.step == step }
    }

    /// Whether a rule was broken that can leave page frames in any state.
    public var isCorrupted: Bool { core.isCorrupted }
    /// Blocks that callers own, and their pages.
    ///
    /// - Complexity: O(frames that were ever touched).
    public var liveUse: (blocks: Int, pages: Int) {
        var blocks = 0
        forEachLiveBlock { _ in blocks += 1 }
        return (blocks, pageUse.blocks)
    }

    /// Bytes of the frames that were ever written: each of them costs as much real memory.
    public var storedByteCount: Int { core.contents.ownedPageCount * Page.sizeInBytes }

    /// KiB that the kernel keeps free in all zones together. `min_free_kbytes`.
    public var minFreeKilobytes: UInt64 { core.shape.minFreeKilobytes }
}

/// Between frames and pointers.
extension Machine {
    /// The bytes that an allocation really has, 0 for what is none. `ksize`.
    public func ksize(of address: VirtualAddress) -> UInt64 {
        core.directFrame(address.rawValue) == nil ? 0 : core.ksize(address.rawValue)
    }

    /// The frame that a `struct page` pointer names; `nil` if it names none.
    public func frame(of page: PagePointer) -> PageFrameNumber? {
        core.frame(of: page).map { PageFrameNumber($0) }
    }

    /// The `struct page` of a frame.
    public func pagePointer(of pfn: PageFrameNumber) -> PagePointer {
        PagePointer(core.pagePointer(pfn.rawValue))
    }

    /// The frame behind an address of the direct map; `nil` outside of it.
    public func frame(at address: VirtualAddress) -> PageFrameNumber? {
        core.directFrame(address.rawValue).map { PageFrameNumber($0) }
    }

    /// The logical address of a frame; `nil` for high memory. `page_address`.
    public func address(of pfn: PageFrameNumber) -> VirtualAddress? {
        core.shape.architecture.isHighmem(core.zoneIndex(of: pfn.rawValue))
            ? nil : VirtualAddress(core.directAddress(pfn.rawValue))
    }
}

extension Machine {
    /// Where the byte behind a virtual address is in memory, by the page tables; `nil` where nothing is
    /// mapped. `virt_to_phys` in the direct map, `vmalloc_to_page` elsewhere.
    ///
    /// - Complexity: O(levels).
    public func physicalAddress(of address: VirtualAddress) -> PhysicalAddress? {
        core.walk(address.rawValue).map {
            PhysicalAddress($0.frame << 12 | address.rawValue & 4095)
        }
    }
}
