/// What the kernel prints when it cannot give what was asked for.
extension Core {
    /// An order that no block can have: a warning with a trace, the first time only.
    ///
    /// The corresponding kernel macro is `WARN_ON_ONCE_GFP` in `__alloc_pages` (mm/page_alloc.c,
    /// 6.1).
    @inline(never)
    func refuseOrder(_ gfp: GFPFlags, order: UInt32) -> UInt32 {
        noteMisuse(.orderTooLarge, pfn: nil, order: order)
        if gfp.contains(.noWarn) || cold.warnedOrder { return noFrame }
        cold.warnedOrder = true
        beginWarning()
        finishWarning(at: "mm/page_alloc.c:5634", in: "__alloc_pages")
        return noFrame
    }

    /// The report of a request that failed.
    ///
    /// The corresponding kernel function is `warn_alloc` (mm/page_alloc.c, 6.1).
    @inline(never)
    func warnAllocationFailure(_ gfp: GFPFlags, order: UInt32, highest: Int) {
        warnOfFailure(
            "page allocation failure: order:\(order)", gfp, from: ["__alloc_pages"])
    }

    /// The report of any request for pages or address space that failed.
    ///
    /// - Parameter functions: who asked, innermost first.
    func warnOfFailure(_ what: String, _ gfp: GFPFlags, from functions: [String]) {
        if gfp.contains(.noWarn) { return }
        printk(
            "init: \(what), mode:\(hexadecimal(UInt64(gfp.rawValue)))(\(gfp)), nodemask=(null)")
        printCallTrace(["dump_stack", "warn_alloc"] + functions)
        printk("Mem-Info:")
        printMemoryTotals()
        for zone in 0..<MachineShape.zoneCount where zones[zone].isPopulated { printZone(zone) }
        for zone in 0..<MachineShape.zoneCount where zones[zone].isPopulated {
            printFreeBlocks(zone)
        }
        printFrameTotals()
    }
}

// MARK: - The report's parts, as `__show_free_areas` and `__show_mem` order them

extension Core {
    private func kilobytes(_ pages: Int32) -> String { "\(Int64(max(pages, 0)) * 4)kB" }

    private func printMemoryTotals() {
        let zones = 0..<MachineShape.zoneCount
        let free = zones.reduce(0) { $0 + exactFreePages($1) }
        let local = zones.reduce(0) { $0 + localPageTotal($1) }
        printk("active_anon:0 inactive_anon:0 isolated_anon:0")
        printk(" active_file:0 inactive_file:0 isolated_file:0")
        printk(" unevictable:0 dirty:0 writeback:0")
        let slabs = slabPages
        printk(" slab_reclaimable:\(slabs.reclaimable) slab_unreclaimable:\(slabs.unreclaimable)")
        printk(" mapped:0 shmem:0 pagetables:0")
        printk(" sec_pagetables:0 bounce:0")
        printk(" kernel_misc_reclaimable:0")
        printk(" free:\(free) free_pcp:\(local) free_cma:0")
        printk(
            "Node 0 active_anon:0kB inactive_anon:0kB active_file:0kB inactive_file:0kB "
                + "unevictable:0kB isolated(anon):0kB isolated(file):0kB mapped:0kB dirty:0kB "
                + "writeback:0kB shmem:0kB writeback_tmp:0kB kernel_stack:0kB pagetables:0kB "
                + "sec_pagetables:0kB all_unreclaimable? no")
    }

    /// Pages of slabs, as if each had its cache's usual order.
    ///
    /// - Complexity: O(caches).
    private var slabPages: (reclaimable: UInt64, unreclaimable: UInt64) {
        var pages: (reclaimable: UInt64, unreclaimable: UInt64) = (0, 0)
        for number in cold.registry.order {
            let cache = readCache(number).pointee
            let count = UInt64(cache.slabCount) << UInt64(cache.geometry.order)
            if cache.geometry.flags.contains(.reclaimAccount) {
                pages.reclaimable += count
            } else {
                pages.unreclaimable += count
            }
        }
        return pages
    }

    private func printZone(_ index: Int) {
        let zone = zones[index]
        let local = perCPU[Int(control.pointee.cpu) * MachineShape.zoneCount + index].count
        let boosted = zone.watermark &+ SIMD4(repeating: zone.boost)
        printk(
            "\(shape.architecture.zoneName(index)) free:\(kilobytes(exactFreePages(index))) "
                + "boost:\(kilobytes(zone.boost)) min:\(kilobytes(boosted[Watermark.min])) "
                + "low:\(kilobytes(boosted[Watermark.low])) "
                + "high:\(kilobytes(boosted[Watermark.high])) "
                + "reserved_highatomic:\(Int64(zone.reservedHighAtomic) * 4)KB active_anon:0kB "
                + "inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB "
                + "writepending:0kB present:\(UInt64(zone.present) * 4)kB "
                + "managed:\(UInt64(zone.managed) * 4)kB mlocked:0kB bounce:0kB "
                + "free_pcp:\(kilobytes(localPageTotal(index))) local_pcp:\(kilobytes(local)) "
                + "free_cma:0kB")
        let reserve = (0..<4).map { " \(zone.lowmemReserve[$0])" }.joined()
        printk("lowmem_reserve[]:" + reserve)
    }

    private func printFreeBlocks(_ zone: Int) {
        var text = "\(shape.architecture.zoneName(zone)):"
        var total: Int64 = 0
        for order in 0...Order.largest {
            let count = Int64(freeArea(zone, order).pointee.count)
            total += count << Int64(order)
            text += " \(count)*\(4 << order)kB"
            if count > 0 { text += " (\(typeLetters(zone, order)))" }
        }
        printk(text + " = \(total * 4)kB")
    }

    private func typeLetters(_ zone: Int, _ order: UInt32) -> String {
        String(
            MigrateType.allCases
                .filter { freeList(zone, order, Int($0.rawValue)).pointee.count != 0 }
                .map(\.letter))
    }

    private func printFrameTotals() {
        let present = (0..<MachineShape.zoneCount).map { zones[$0].present }
        let managed = (0..<MachineShape.zoneCount).map { zones[$0].managed }
        let high = (0..<MachineShape.zoneCount).filter(shape.architecture.isHighmem)
        printk("0 total pagecache pages")
        printk("\(present.reduce(0, +)) pages RAM")
        printk("\(high.reduce(0) { $0 + present[$1] }) pages HighMem/MovableOnly")
        printk("\(present.reduce(0, +) - managed.reduce(0, +)) pages reserved")
    }
}

extension Core {
    /// Pages on the buddy lists of a zone, with every CPU's delta folded in.
    /// `zone_page_state_snapshot`.
    func exactFreePages(_ zone: Int) -> Int32 {
        (0..<shape.cpuCount).reduce(zones[zone].freePages) {
            $0 + perCPU[$1 * MachineShape.zoneCount + zone].freeDelta
        }
    }

    /// Pages on all CPUs' lists of a zone.
    func localPageTotal(_ zone: Int) -> Int32 {
        (0..<shape.cpuCount).reduce(0) {
            $0 + perCPU[$1 * MachineShape.zoneCount + zone].count
        }
    }
}
