/// Finding out whose physical memory is.
extension Core {
    /// One past the last byte of the frame around a physical address; of the highest frame that a
    /// number can name, that byte.
    func pageEnd(_ address: UInt64) -> UInt64 { max(address | 4095, (address | 4095) &+ 1) }

    /// The owner of the byte at a physical address, and one past the last byte that belongs to the same
    /// one and follows it in memory.
    ///
    /// - Complexity: O(1,024 frames).
    func owner(of address: UInt64) -> (owner: MemoryOwner, end: UInt64) {
        let frameEnd = pageEnd(address)
        guard isMemory(address >> 12) else { return (.noMemory, frameEnd) }
        let pfn = UInt32(address >> 12)
        let frame = frames.readable(pfn).pointee
        if let slab = slabNumber(of: pfn) { return objectOwner(of: address, in: slab) }
        if frame.has(Frame.mapping) { return mappingOwner(pfn, frame) }
        if frame.has(Frame.reserved) { return (.reserved, frameEnd) }
        if let block = liveBlock(covering: pfn) {
            let owner = MemoryOwner.pages(
                first: PageFrameNumber(block.pfn), order: block.order, step: block.step)
            return (owner, UInt64(block.pfn + 1 << block.order) << 12)
        }
        return (frame.referenceCount > 0 ? .unknown : .free, frameEnd)
    }

    private func mappingOwner(_ pfn: UInt32, _ frame: Frame) -> (MemoryOwner, UInt64) {
        guard case .vmallocPage(let page) = MappingUse(code: frame.next) else {
            return (.pageTable, UInt64(pfn + 1) << 12)
        }
        let address = mappedAddress(page)
        let area = vmap.pointee.area(containing: address).map { vmap.pointee.areas[$0] }
        var end = pfn + 1
        while isMemory(UInt64(end)), end - pfn < 1024 {
            let next = frames.readable(end).pointee
            guard next.has(Frame.mapping), next.next &- page == end - pfn else { break }
            end += 1
        }
        let start = area?.range.start ?? address
        return (
            .area(
                VirtualAddress(start), page: UInt32((address - start) >> 12),
                step: area?.step ?? frame.step), UInt64(end) << 12
        )
    }

    private func objectOwner(of address: UInt64, in slab: UInt32) -> (MemoryOwner, UInt64) {
        let virtual = layout.pageOffset + address
        guard let place = nearestObject(to: virtual, in: slab) else {
            return (.reserved, (address | 4095) + 1)
        }
        let record = readSlab(place.slab).record(place.index).pointee
        let cache = readSlab(place.slab).pointee.cache
        let start = self.address(of: place)
        let size = UInt64(readCache(cache).pointee.geometry.size)
        let end = max(start + size - layout.pageOffset, address + 1)
        return (
            .object(
                VirtualAddress(start), cache: cold.registry.name(cache),
                step: record.isLive ? record.allocatedStep ?? 0 : nil), end
        )
    }
}
