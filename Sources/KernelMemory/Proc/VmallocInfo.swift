extension Machine {
    /// The text of `/proc/vmallocinfo`: areas in use in the order of their addresses, then those that
    /// are freed but not purged. Without any area in use it is empty, as the kernel's is.
    ///
    /// - Complexity: O(areas).
    ///
    /// The corresponding kernel functions are `s_show` and `show_purge_info` (mm/vmalloc.c, 6.1).
    public var vmallocInfoText: String {
        let space = core.vmap.pointee
        if space.areas.isEmpty { return "" }
        let unpurged = space.unpurged.ranges.map { core.vmallocLine($0) + " unpurged vm_area\n" }
        return (space.areas.map { core.vmallocLine($0) } + unpurged).joined()
    }
}

extension Core {
    fileprivate func vmallocLine(_ range: VmapRange) -> String {
        let size = String(range.end - range.start).padded(to: 7)
        return "0x\(pointerDigits(range.start))-0x\(pointerDigits(range.end)) \(size)"
    }

    fileprivate func vmallocLine(_ area: VmArea) -> String {
        var line = vmallocLine(area.range)
        let caller = callerText(area)
        if !caller.isEmpty { line += " \(caller)" }
        if area.pageCount > 0 { line += " pages=\(area.pageCount)" }
        for (flag, name) in VmFlags.shown where area.flags.contains(flag) { line += " \(name)" }
        if isVmallocAddress(area.pages) { line += " vpages" }
        return line + "\n"
    }
}

extension VmFlags {
    /// Those that are printed, in the order of printing.
    fileprivate static let shown: [(VmFlags, String)] = [
        (.ioremap, "ioremap"), (.alloc, "vmalloc"), (.map, "vmap"), (.userMap, "user"),
        (.dmaCoherent, "dma-coherent"),
    ]
}
