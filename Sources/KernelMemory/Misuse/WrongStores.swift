/// Stores to memory that is not the caller's. The CPU does them without a word; the simulator knows.
///
/// Nobody says whose pointer a store came from. Memory that some caller owns is taken for the right
/// one: a store behind an object that hits its neighbour's bytes is not noticed.
extension Core {
    /// Records the first byte of a store that no caller owns, if there is one.
    ///
    /// - Parameter frame: where the store's first byte goes.
    func noteWrongStore(_ address: UInt64, count: Int, _ frame: UInt64) {
        if directFrame(address).map({ UInt64($0) }) == frame {
            let end = min(address + UInt64(count), layout.highMemory)
            noteWrongStore(address..<end)
        } else if isVmallocAddress(address) {
            noteWrongVmallocStore(address, count: count)
        } else {
            noteMappedAccess(address, frame, isWrite: true)
        }
    }

    /// Records the use of an area that is gone, through a TLB that still knows its page.
    func noteUseAfterVfree(_ address: UInt64) {
        let freed = vmap.pointee.freedArea(containing: address)
        noteMisuse(
            .usedAfterVfree, at: address, allocatedAtStep: freed?.allocated,
            freedAtStep: freed?.step)
    }

    private func noteWrongVmallocStore(_ address: UInt64, count: Int) {
        guard let index = vmap.pointee.area(containing: address) else {
            return noteUseAfterVfree(address)
        }
        let area = vmap.pointee.areas[index]
        if area.putOffStep != 0 { return noteStore(address, to: area) }
        let end = area.range.start + area.requested
        if area.step != 0, end < area.mappedEnd, address + UInt64(count) > end {
            noteMisuse(
                .writeIntoSlack, at: max(address, end), allocatedAtStep: area.step)
        }
    }

    /// Records the first byte of a store to the direct map that no caller owns, if there is one.
    ///
    /// - Complexity: O(1,024 frames), O(1) where a block of one page or an object is written.
    private func noteWrongStore(_ range: Range<UInt64>) {
        let pfn = UInt32(physical(range.lowerBound).rawValue >> 12)
        if let slab = slabNumber(of: pfn) { return noteWrongStore(range, in: slab) }
        guard let block = liveBlock(covering: pfn) else {
            return noteStoreToUnowned(range, pfn)
        }
        let start = directAddress(block.pfn)
        let end = start + 4096 << UInt64(block.order)
        let head = frames.readable(block.pfn).pointee
        if range.upperBound > end {
            noteMisuse(
                .writePastEnd, pfn: block.pfn, at: end, allocatedAtStep: block.step)
        } else if head.has(Frame.largeKMalloc), range.upperBound > start + UInt64(head.next) {
            noteMisuse(
                .writeIntoSlack, pfn: block.pfn,
                at: max(range.lowerBound, start + UInt64(head.next)),
                allocatedAtStep: block.step)
        }
    }

    private func noteStoreToUnowned(_ range: Range<UInt64>, _ pfn: UInt32) {
        let frame = frames.readable(pfn).pointee
        // Frames that a recording says are in use have an owner that is not known here.
        if frame.referenceCount > 0, !frame.has(Frame.reserved) { return }
        if let place = livePlace(near: range.lowerBound + reach, startingAfter: range.lowerBound) {
            return noteMisuse(.writeBeforeStart, at: range.lowerBound, place)
        }
        if let place = livePlace(near: range.lowerBound - reach, startingAfter: 0) {
            return noteMisuse(.writePastEnd, at: range.lowerBound, place)
        }
        let wasOwned = frame.step != 0 && !frame.has(Frame.reserved)
        noteMisuse(
            wasOwned ? .writeAfterFree : .writeToUnowned, pfn: pfn, at: range.lowerBound,
            freedAtStep: wasOwned ? frame.step : nil)
    }

    private func noteWrongStore(_ range: Range<UInt64>, in number: UInt32) {
        let first = range.lowerBound
        guard let place = nearestObject(to: first, in: number) else {
            return noteMisuse(.writeToUnowned, at: first, lastObject(of: number))
        }
        let record = readSlab(number).record(place.index).pointee
        let object = address(of: place)
        let size = readCache(readSlab(number).pointee.cache).pointee.geometry.objectSize
        let end = object + UInt64(size)
        if record.isLive, !record.isKernels, first >= object, first < end {
            if range.upperBound > end { return noteMisuse(.writePastEnd, at: end, place) }
            let asked = object + UInt64(record.requested == 0 ? size : record.requested)
            if range.upperBound > asked {
                noteMisuse(.writeIntoSlack, at: max(first, asked), place)
            }
            return
        }
        noteStoreBesideObject(range, place)
    }

    /// A store that starts in a free object, in the kernel's own, or between two: whose it was meant
    /// to be is the better guess of the neighbours.
    private func noteStoreBesideObject(_ range: Range<UInt64>, _ place: ObjectPlace) {
        let first = range.lowerBound
        let record = readSlab(place.slab).record(place.index).pointee
        let object = address(of: place)
        let geometry = readCache(readSlab(place.slab).pointee.cache).pointee.geometry
        if first < object { return noteMisuse(.writeBeforeStart, at: first, place) }
        if first >= object + UInt64(geometry.objectSize) {
            return noteMisuse(.writePastEnd, at: first, place)
        }
        if record.freedStep != nil {
            let code: Misuse.Code = wasReclaimed(place) ? .usedAfterReclaim : .writeAfterFree
            return noteMisuse(code, at: first, place)
        }
        let reach = min(reach, UInt64(geometry.objectSize))
        if first < object + reach, let previous = livePlace(before: place) {
            return noteMisuse(.writePastEnd, at: first, previous)
        }
        let end = object + UInt64(geometry.size - geometry.redLeftPad)
        if first + reach >= end, let next = livePlace(after: place) {
            return noteMisuse(.writeBeforeStart, at: first, next)
        }
        noteMisuse(.writeToUnowned, at: first, place)
    }

    /// How far a store may be off to be blamed on a neighbour, in bytes.
    private var reach: UInt64 { 16 }

    private func livePlace(near address: UInt64, startingAfter limit: UInt64) -> ObjectPlace? {
        guard let slab = slabNumber(at: address), let place = nearestObject(to: address, in: slab),
            self.address(of: place) > limit
        else { return nil }
        return live(place)
    }

    private func livePlace(before place: ObjectPlace) -> ObjectPlace? {
        place.index == 0 ? nil : live(ObjectPlace(slab: place.slab, index: place.index - 1))
    }

    private func livePlace(after place: ObjectPlace) -> ObjectPlace? {
        place.index + 1 < readSlab(place.slab).pointee.objects
            ? live(ObjectPlace(slab: place.slab, index: place.index + 1)) : nil
    }

    private func live(_ place: ObjectPlace) -> ObjectPlace? {
        let record = readSlab(place.slab).record(place.index).pointee
        return record.isLive && !record.isKernels ? place : nil
    }

    private func lastObject(of number: UInt32) -> ObjectPlace? {
        let count = readSlab(number).pointee.objects
        return count == 0 ? nil : ObjectPlace(slab: number, index: count - 1)
    }
}
