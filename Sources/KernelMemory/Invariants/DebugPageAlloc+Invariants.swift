extension Core {
    /// Where free pages are unmapped, the direct map has the pages of all others but reserved ones, which
    /// can be unmapped too.
    ///
    /// - Parameter isFree: whether a frame is on a list of free blocks.
    /// - Complexity: O(frames of low memory).
    func checkDirectMap(isFree: (UInt32) -> Bool) -> String? {
        guard unmapsFreePages else { return nil }
        for zone in 0..<MachineShape.zoneCount where !shape.architecture.isHighmem(zone) {
            for pfn in zones[zone].start..<zones[zone].end where shape.hasFrame(pfn) {
                if frames.readable(pfn).pointee.has(Frame.reserved) { continue }
                if isFree(pfn) == isMappedDirectly(pfn) {
                    return "frame \(pfn) is \(isFree(pfn) ? "free and mapped" : "unmapped")"
                }
            }
        }
        return nil
    }
}
