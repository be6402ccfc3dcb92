/// From an address to memory, as the CPU finds it: by its TLB, or else by a walk.
extension Core {
    /// A CPU's TLB.
    @inline(__always)
    func tlb(_ cpu: UInt32) -> TLB {
        TLB(at: tlbs + Int(cpu) &* tlbStride, shape.tlb)
    }

    /// Numbers of an address's page, 36 bits of them.
    @inline(__always)
    func smallPage(_ address: UInt64) -> UInt64 { address &>> 12 & 0xf_ffff_ffff }
    @inline(__always)
    func largePage(_ address: UInt64) -> UInt64 {
        (address & 0xffff_ffff_ffff) &>> paging.largeShift
    }

    /// The frame behind an address; ``noMemory`` if the CPU faults there.
    ///
    /// - Complexity: O(ways) if the CPU remembers it, else O(levels).
    @inline(__always)
    func translate(_ address: UInt64, isWrite: Bool) -> UInt64 {
        let base = tlbs + Int(control.pointee.cpu) &* tlbStride
        let page = smallPage(address)
        let entries = (base + MemoryLayout<TLBCounters>.stride)
            .assumingMemoryBound(to: TLBEntry.self)
        // The newest of the set. Of an address that is none the upper bits would be ignored.
        let entry = entries[(Int(truncatingIfNeeded: page) & smallSetMask) &* tlbWays]
        if _fastPath(entry.matches(page) && (entry.isWritable || !isWrite)),
            _fastPath(Int64(bitPattern: address &<< 16) &>> 16 == Int64(bitPattern: address))
        {
            base.assumingMemoryBound(to: TLBCounters.self).pointee.hits &+= 1
            return entry.frame
        }
        return translateSlowly(address, isWrite: isWrite)
    }

    @inline(never)
    private func translateSlowly(_ address: UInt64, isWrite: Bool) -> UInt64 {
        guard shape.architecture.isCanonical(address) else { return Self.noMemory }
        let tlb = tlb(control.pointee.cpu)
        if let entry = tlb.small.find(smallPage(address)), entry.isWritable || !isWrite {
            tlb.counters.pointee.hits &+= 1
            return entry.frame
        }
        if let entry = tlb.large.find(largePage(address)), entry.isWritable || !isWrite {
            tlb.counters.pointee.hits &+= 1
            let within = address >> 12 & (1 << (paging.largeShift - 12) - 1)
            return entry.frame + within
        }
        return walkAndRemember(address, isWrite: isWrite, tlb)
    }

    /// What `translate` answers where nothing is mapped.
    static var noMemory: UInt64 { .max }

    private func walkAndRemember(_ address: UInt64, isWrite: Bool, _ tlb: TLB) -> UInt64 {
        tlb.counters.pointee.misses += 1
        guard let target = walk(address) else {
            tlb.counters.pointee.entriesRead += UInt64(tracedWalk(address).steps.count)
            return Self.noMemory
        }
        let isLarge = target.pageShift > 12
        tlb.counters.pointee.entriesRead += UInt64(
            isLarge ? paging.largeLevel + 1 : paging.levelCount)
        if isWrite, !target.isWritable { return Self.noMemory }
        if target.frame < TLBEntry.frameLimit {
            if target.pageShift == paging.largeShift {
                let first = target.frame & ~(1 << (paging.largeShift - 12) - 1)
                tlb.large.forget(largePage(address))
                tlb.large.add(
                    TLBEntry(
                        page: largePage(address), frame: first, isWritable: target.isWritable))
            } else {
                tlb.small.forget(smallPage(address))
                tlb.small.add(
                    TLBEntry(
                        page: smallPage(address), frame: target.frame,
                        isWritable: target.isWritable))
            }
        }
        return target.frame
    }

    /// The frame that the CPU would find behind an address now, without it being used: by what its TLB
    /// remembers, else by the tables.
    func peek(_ address: UInt64) -> UInt64? {
        guard shape.architecture.isCanonical(address) else { return nil }
        let tlb = tlb(control.pointee.cpu)
        if let entry = tlb.small.peek(smallPage(address)) { return entry.frame }
        if let entry = tlb.large.peek(largePage(address)) {
            return entry.frame + (address >> 12 & (1 << (paging.largeShift - 12) - 1))
        }
        return walk(address)?.frame
    }
}
