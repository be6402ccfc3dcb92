/// Stretches of address space in ascending order, none overlapping another.
///
/// The kernel has them in a red-black tree, which finds the same ones.
struct VmapRanges: Hashable {
    private(set) var ranges: [VmapRange] = []

    var isEmpty: Bool { ranges.isEmpty }

    /// Adds a stretch, joined with those that it touches.
    ///
    /// - Returns: the `struct vmap_area` that are not needed any more, in the order of their freeing; 0
    ///   for none.
    /// - Complexity: O(ranges) at worst, O(log ranges) at the end.
    ///
    /// The corresponding kernel function is `__merge_or_add_vmap_area` (mm/vmalloc.c, 6.1).
    mutating func add(_ range: VmapRange) -> (UInt64, UInt64) {
        var added = range
        var unneeded: (UInt64, UInt64) = (0, 0)
        let index = firstIndex(endingAfter: range.start)
        let hasNext = index < ranges.count && ranges[index].start == added.end
        if hasNext {
            unneeded.0 = added.object
            added = VmapRange(
                start: added.start, end: ranges[index].end, object: ranges[index].object)
            ranges[index] = added
        }
        if index > 0, ranges[index - 1].end == added.start {
            ranges[index - 1].end = added.end
            unneeded.1 = added.object
            if hasNext { ranges.remove(at: index) }
        } else if !hasNext {
            ranges.insert(added, at: index)
        }
        return unneeded
    }

    /// The lowest place for `size` bytes at or above an address; `nil` if there is none.
    ///
    /// The corresponding kernel function is `find_vmap_lowest_match` (mm/vmalloc.c, 6.1).
    func lowestPlace(_ size: UInt64, from start: UInt64) -> (index: Int, address: UInt64)? {
        for index in firstIndex(endingAfter: start)..<ranges.count {
            let address = max(ranges[index].start, start)
            let (end, overflow) = address.addingReportingOverflow(size)
            if !overflow, end <= ranges[index].end { return (index, address) }
        }
        return nil
    }

    /// How many stretches that reach above an address lie below one of them: those that were too small.
    func gapsBelow(_ index: Int, from start: UInt64) -> Int {
        index - firstIndex(endingAfter: start)
    }

    /// Whether taking `size` bytes at an address leaves something of the stretch on both sides.
    func splits(_ index: Int, _ address: UInt64, _ size: UInt64) -> Bool {
        ranges[index].start < address && address + size < ranges[index].end
    }

    /// Takes bytes out of a stretch.
    ///
    /// - Parameter object: the `struct vmap_area` for the part below, if something is left on both
    ///   sides.
    /// - Returns: the one that is not needed any more, if nothing is left.
    ///
    /// The corresponding kernel function is `adjust_va_to_fit_type` (mm/vmalloc.c, 6.1).
    mutating func take(
        _ index: Int, _ address: UInt64, _ size: UInt64, splittingWith object: UInt64
    ) -> UInt64? {
        let whole = ranges[index]
        let end = address + size
        if whole.start == address, whole.end == end {
            ranges.remove(at: index)
            return whole.object
        }
        if whole.start == address {
            ranges[index].start = end
        } else if whole.end == end {
            ranges[index].end = address
        } else {
            ranges[index].start = end
            ranges.insert(VmapRange(start: whole.start, end: address, object: object), at: index)
        }
        return nil
    }

    /// Takes all of them.
    mutating func removeAll() -> [VmapRange] {
        defer { ranges = [] }
        return ranges
    }

    /// The index of the first stretch that ends behind an address.
    private func firstIndex(endingAfter address: UInt64) -> Int {
        ranges.partitionPoint { $0.end > address }
    }
}
