/// Making CPUs forget translations.
extension Core {
    /// Makes every CPU forget what it knows of a range of the kernel's addresses; of all addresses if
    /// the range is long.
    ///
    /// In an interrupt the kernel warns: other CPUs must not be asked there, and it does not look
    /// whether there are any.
    ///
    /// The corresponding kernel functions are `flush_tlb_kernel_range` (arch/x86/mm/tlb.c) and
    /// `smp_call_function_many_cond` (kernel/smp.c, 6.1).
    func flushTLB(_ range: Range<UInt64>) {
        if isInInterrupt, context.count.isServingInterrupt {
            warnOnce(
                .crossCallInInterrupt, at: "kernel/smp.c:923", in: "smp_call_function_many_cond")
        }
        let isLong = range.upperBound - range.lowerBound > Self.singlePageCeiling << 12
        explain(
            isLong ? .tlbFlushedWhole : .tlbFlushedPages,
            [
                "start": VirtualAddress(range.lowerBound), "end": VirtualAddress(range.upperBound),
                "pages": (range.upperBound - range.lowerBound) >> 12,
                "most_pages": Self.singlePageCeiling, "cpus": shape.cpuCount,
            ])
        for cpu in 0..<UInt32(shape.cpuCount) {
            let tlb = tlb(cpu)
            if isLong {
                tlb.flush()
            } else {
                for address in stride(from: range.lowerBound, to: range.upperBound, by: 4096) {
                    flushPage(address, of: tlb)
                }
            }
        }
    }

    /// Makes the current CPU forget a page.
    ///
    /// The corresponding kernel function is `flush_tlb_one_kernel` (arch/x86/mm/tlb.c, 6.1).
    func flushLocally(_ address: UInt64) {
        explain(
            .tlbFlushedLocally,
            ["address": VirtualAddress(address), "cpu": control.pointee.cpu])
        flushPage(address, of: tlb(control.pointee.cpu))
    }

    /// Makes one CPU forget the page around an address, whatever its size. `invlpg`.
    private func flushPage(_ address: UInt64, of tlb: TLB) {
        tlb.small.forget(smallPage(address))
        tlb.large.forget(largePage(address))
        tlb.counters.pointee.pageFlushes += 1
    }

    /// Pages that are flushed one by one at most. `tlb_single_page_flush_ceiling`.
    private static var singlePageCeiling: UInt64 { 33 }
}
