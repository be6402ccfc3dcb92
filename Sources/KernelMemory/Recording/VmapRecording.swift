/// The address space of vmalloc at one moment, as a dump recorded it.
package struct VmapRecording: Equatable, Sendable {
    /// A stretch of addresses.
    package struct Range: Equatable, Sendable {
        /// First address.
        package var start: UInt64
        /// One past the last, guard page included.
        package var end: UInt64

        /// A stretch.
        package init(start: UInt64, end: UInt64) {
            self.start = start
            self.end = end
        }
    }

    /// An area in use.
    package struct Area: Equatable, Sendable {
        /// Its addresses.
        package var range: Range
        /// `VM_ALLOC` and others.
        package var flags: UInt32
        /// Pages behind it.
        package var pageCount: UInt32
        /// Who asked for it.
        package var caller: String

        /// An area.
        package init(range: Range, flags: UInt32, pageCount: UInt32, caller: String) {
            self.range = range
            self.flags = flags
            self.pageCount = pageCount
            self.caller = caller
        }
    }

    /// A page table that was there.
    package struct Table: Equatable, Sendable {
        /// An address that it is for.
        package var address: UInt64
        /// Its level, 1 for the tables that the root's entries name.
        package var level: Int
        /// Its frame.
        package var pfn: UInt32

        /// A table.
        package init(address: UInt64, level: Int, pfn: UInt32) {
            self.address = address
            self.level = level
            self.pfn = pfn
        }
    }

    /// Areas in use, ascending.
    package var areas: [Area] = []
    /// Free address space, ascending.
    package var free: [Range] = []
    /// Freed lazily, ascending.
    package var unpurged: [Range] = []
    /// Pages of those. `vmap_lazy_nr`.
    package var lazyPages: UInt64 = 0
    /// Page tables, as far as they are known, upper levels first.
    package var tables: [Table] = []

    /// Nothing.
    package init() {}
}

extension BootImage {
    /// Puts a recorded address space in the place of an empty one.
    package func load(_ recording: VmapRecording) { core.load(recording) }
}

extension Core {
    fileprivate func load(_ recording: VmapRecording) {
        findVmapCache()
        var objects = vmapObjects()[...]
        let next = { objects.popFirst() ?? VmapRange.elsewhere }
        var space = VmapSpace()
        space.cache = vmap.pointee.cache
        space.lazyPages = recording.lazyPages
        for range in recording.free { _ = space.free.add(VmapRange(range, next())) }
        for range in recording.unpurged { _ = space.unpurged.add(VmapRange(range, next())) }
        for area in recording.areas {
            space.pageCount += Int64(area.pageCount)
            space.insert(
                VmArea(
                    range: VmapRange(area.range, next()), object: 0,
                    flags: VmFlags(rawValue: area.flags), pageCount: area.pageCount,
                    requested: area.range.end - area.range.start, step: 0,
                    caller: .recorded(space.recordedCallers.count)))
            space.recordedCallers.append(area.caller)
        }
        // Only the rare request that splits free space uses the CPU's one up.
        space.preloaded = (0..<shape.cpuCount).map { _ in next() }
        vmap.pointee = space
        for table in recording.tables { place(table) }
    }

    /// Where a `struct vmap_area` lies that is in use. No record says which describes what: any of them
    /// will do, so that as many are freed as the kernel frees.
    private func vmapObjects() -> [UInt64] {
        var objects: [UInt64] = []
        slabs.pointee.forEach { number in
            let slab = readSlab(number)
            guard slab.pointee.cache == vmap.pointee.cache else { return }
            for index in 0..<slab.pointee.objects where slab.record(index).pointee.isLive {
                objects.append(slab.pointee.base + UInt64(index) * UInt64(slab.pointee.size))
            }
        }
        return objects
    }

    /// Puts a recorded page table in the place of the one that was assumed there, if any.
    private func place(_ table: VmapRecording.Table) {
        guard (1...paging.leafLevel).contains(table.level), isMemory(UInt64(table.pfn)),
            let above = makeTable(table.address, to: table.level - 1, { nil })
        else { return }
        let index = paging.index(table.address, at: table.level - 1)
        if frameNumber(entry(UInt64(above), index)) == UInt64(table.pfn) { return }
        setEntry(above, index, UInt64(table.pfn) << 12 | PageTableEntry.table)
    }
}

extension VmapRange {
    fileprivate init(_ range: VmapRecording.Range, _ object: UInt64) {
        self.init(start: range.start, end: range.end, object: object)
    }
}

extension Machine {
    /// The address space of vmalloc, written down as a dump would; without page tables.
    ///
    /// - Complexity: O(areas).
    package var vmapRecording: VmapRecording {
        let space = core.vmap.pointee
        var recording = VmapRecording()
        recording.lazyPages = space.lazyPages
        recording.areas = space.areas.map {
            .init(
                range: .init(start: $0.range.start, end: $0.range.end), flags: $0.flags.rawValue,
                pageCount: $0.pageCount,
                caller: core.callerText($0))
        }
        recording.free = space.free.ranges.map { .init(start: $0.start, end: $0.end) }
        recording.unpurged = space.unpurged.ranges.map { .init(start: $0.start, end: $0.end) }
        return recording
    }

    /// How an address is translated, level by level, whether anything is mapped there or not.
    ///
    /// - Complexity: O(levels).
    public func walk(_ address: VirtualAddress) -> PageTableWalk {
        core.tracedWalk(address.rawValue)
    }

    /// The frames behind an area of vmalloc, in the order of its pages; none if no area starts there.
    ///
    /// - Complexity: O(pages).
    public func vmallocFrames(at address: VirtualAddress) -> [PageFrameNumber] {
        guard let index = core.vmap.pointee.area(containing: address.rawValue) else { return [] }
        let area = core.vmap.pointee.areas[index]
        return stride(from: area.range.start, to: area.mappedEnd, by: 4096).compactMap {
            core.walk($0).map { PageFrameNumber(UInt32(truncatingIfNeeded: $0.frame)) }
        }
    }
}
