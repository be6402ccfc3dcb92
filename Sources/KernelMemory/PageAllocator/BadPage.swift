/// The kernel's own checks of pages that change hands, and what it prints when they fail.
///
/// While every caller keeps the rules the checks cannot fail, so they run only on a machine
/// where a rule was broken.
extension Core {
    /// Why a page that is being freed or handed out looks wrong; `nil` if it looks right.
    ///
    /// The corresponding kernel function is `page_bad_reason` (mm/page_alloc.c, 6.1).
    private func badReason(_ frame: Frame, isNew: Bool) -> String? {
        var reason: String?
        if frame.has(Frame.buddy) { reason = "nonzero mapcount" }
        if frame.referenceCount != 0 { reason = "nonzero _refcount" }
        if frame.has(Frame.reserved | Frame.slab) {
            reason = "PAGE_FLAGS_CHECK_AT_\(isNew ? "PREP" : "FREE") flag(s) set"
        }
        return reason
    }

    /// Whether any page of a block that is about to be handed out looks wrong.
    ///
    /// The first that does is reported, and the block is lost.
    ///
    /// The corresponding kernel function is `check_new_pages` (mm/page_alloc.c, 6.1).
    func isBadBlock(_ pfn: UInt32, order: UInt32) -> Bool {
        for current in pfn..<min(pfn + (1 << order), shape.frameEnd) {
            if let reason = badReason(frames.readable(current).pointee, isNew: true) {
                reportBadPage(current, reason, from: "check_new_pages")
                return true
            }
        }
        return false
    }

    /// Whether the first page of a block that leaves a CPU's list looks wrong.
    ///
    /// The corresponding kernel function is `bulkfree_pcp_prepare` (mm/page_alloc.c, 6.1).
    func isBadToFree(_ pfn: UInt32) -> Bool {
        guard !shape.debug, let reason = badReason(frames.readable(pfn).pointee, isNew: false)
        else { return false }
        reportBadPage(pfn, reason, from: "free_pcppages_bulk")
        return true
    }

    /// Whether all pages of a block may be freed; each that may not is reported, and then the
    /// whole block is leaked.
    ///
    /// The corresponding kernel function is `free_pages_prepare` (mm/page_alloc.c, 6.1).
    func isFreeable(_ pfn: UInt32, order: UInt32, checksHead: Bool) -> Bool {
        let end = UInt64(pfn) + (1 << UInt64(min(order, 32)))
        let zoneEnd = zones[zoneIndex(of: pfn)].end
        // What lies behind the zone is no free page of it, whatever it is.
        var isGood = end <= UInt64(zoneEnd)
        for current in pfn..<UInt32(min(end, UInt64(zoneEnd))) where current != pfn || checksHead {
            let frame = frames.readable(current).pointee
            if let reason = badReason(frame, isNew: false) {
                reportBadPage(current, reason, from: "free_pcp_prepare")
                isGood = false
            }
        }
        if isGood, frames.readable(pfn).pointee.has(Frame.reserved) {
            frames.writable(pfn).pointee.flags &= ~Frame.reserved
        }
        return isGood
    }

    /// Prints a report about one page; the kernel falls silent after 60 of them.
    ///
    /// The page no longer counts as free afterwards, wherever it is linked.
    ///
    /// The corresponding kernel function is `bad_page` (mm/page_alloc.c, 6.1).
    @inline(never)
    private func reportBadPage(_ pfn: UInt32, _ reason: String, from caller: String) {
        if cold.badPageReports < 60 {
            cold.badPageReports += 1
            cold.markNoticed(step: control.pointee.step)
            printBadPage(pfn, reason, from: caller)
        }
        if frames.readable(pfn).pointee.has(Frame.buddy) {
            frames.writable(pfn).pointee.flags &= ~Frame.buddy
        }
        taintByBadPage()
    }

    private func printBadPage(_ pfn: UInt32, _ reason: String, from caller: String) {
        printk("BUG: Bad page state in process init  pfn:" + hexDigits(UInt64(pfn), width: 5))
        dumpPage(pfn, reason)
        printCallTrace([caller])
    }
}
