import KernelMemory

/// Wrong calls of the page allocator.
extension MisuseStory {
    static let pages = [
        allocOrder11, allocFails, tooBig, tooBigNeighbourBusy, tooSmall, doubleFree0, doubleFree4,
        useAfterFree, stalePage,
    ]

    private static let allocOrder11 = MisuseStory(
        name: "alloc_order_11", misuses: { _ in [.orderTooLarge] },
        // The kernel warns of the first one only.
        isNoticed: { misuse, _ in misuse.step == 1 }
    ) { teller in
        teller.say("alloc_pages(order 11) -> 0x\(teller.allocPages(order: 11))")
        teller.say("again -> 0x\(teller.allocPages(order: 11)) (warning only once)")
    }

    /// How many blocks there are belongs to the recorded boot.
    private static let allocFails = MisuseStory(name: "alloc_fail_order10", memoryInMiB: 128) {
        teller in
        for index in 0..<4000 where teller.allocPages(order: 10, [.kernel, .noRetry]) == 0 {
            return teller.say("order 10 failed after \(index)")
        }
    }

    private static let tooBig = MisuseStory(
        name: "free_pages_order_too_big", misuses: { _ in [.wrongOrderFree, .handedOutTwice] },
        isNoticed: { _, _ in false }
    ) { teller in
        let address = teller.call(.getFreePages(.kernel, order: 2))
        let pfn = teller.pfn(at: address)
        teller.say("alloc order 2 at pfn \(pfn); calling free_pages(addr, 3)")
        for index in 0..<UInt32(8) {
            let zone = teller.machine.zoneIndex(of: PageFrameNumber(pfn + index))
            teller.say(
                "page+\(index) refcount=\(teller.referenceCount(pfn + index)) "
                    + "flags=0x\(String(zone << 30, radix: 16))")
        }
        teller.call(.freePages(VirtualAddress(address), order: 3))
        teller.say("returned; next order-3/2/0 allocations:")
        for order in [3, 2, 0] as [UInt32] {
            teller.say("order \(order) -> pfn \(teller.allocPages(order: order))")
        }
    }

    /// The driver sets the reference counts of pages 1 to 3 to 0, which no call does. Here their owner
    /// frees them one by one: the checks find the same, a count of 0 and no other mark.
    private static let tooBigNeighbourBusy = MisuseStory(
        name: "free_pages_order_too_big_neighbour_busy", misuses: { _ in [.wrongOrderFree] }
    ) { teller in
        let pfn = teller.allocPages(order: 3)
        teller.call(.splitPage(teller.page(pfn), order: 3))
        teller.say(
            "order-3 block pfn \(pfn) split; page 4..7 stay in use; free_pages(page 0, 3) "
                + "after refs 1..3 dropped to 0")
        for page in 1...3 { teller.freePages(pfn + UInt32(page), order: 0) }
        teller.freePages(pfn, order: 3)
        teller.say("returned; page+4 refcount=\(teller.referenceCount(pfn + 4))")
        for _ in 0..<40 where teller.allocPages(order: 3) == pfn {
            teller.say("order-3 alloc returned the same block again: pages 4..7 now owned twice")
            break
        }
        teller.freePages(pfn + 4, order: 0)
        teller.say("freed page+4 by its rightful owner")
    }

    private static let tooSmall = MisuseStory(
        name: "free_pages_order_too_small", misuses: { _ in [.wrongOrderFree] },
        isNoticed: { _, _ in false }
    ) { teller in
        let pfn = teller.allocPages(order: 3)
        teller.say("alloc order 3 pfn \(pfn); free_pages(.,1)")
        teller.freePages(pfn, order: 1)
        teller.say(
            "order 1 alloc -> pfn \(teller.allocPages(order: 1)); pages 2..7 of the block leaked")
    }

    private static let doubleFree0 = MisuseStory(
        name: "double_free_pages0", misuses: { _ in [.doubleFree] },
        isNoticed: { $1 == .debug },
        // The CPU's list goes downwards.
        prepare: { teller in
            let pages = (0..<3).map { _ in teller.allocPages(order: 0) }
            for page in pages { teller.freePages(page, order: 0) }
        }
    ) { teller in
        let address = teller.call(.getFreePages(.kernel, order: 0))
        let pfn = teller.pfn(at: address)
        teller.say("pfn \(pfn) refcount \(teller.referenceCount(pfn)); free twice")
        for time in ["1st", "2nd"] {
            teller.call(.freePages(VirtualAddress(address), order: 0))
            teller.say("after \(time): refcount \(teller.referenceCount(pfn))")
        }
        for _ in 0..<3 { teller.say("alloc -> pfn \(teller.allocPages(order: 0))") }
    }

    private static let doubleFree4 = MisuseStory(
        name: "double_free_pages4", misuses: { _ in [.doubleFree] },
        isNoticed: { $1 == .debug },
        // On the debugging machine the block was half of one of order 5.
        prepare: { teller in
            guard teller.variant == .debug else { return }
            let halves = (0..<2).map { _ in teller.allocPages(order: 5) }
            teller.freePages(halves[0], order: 5)
        }
    ) { teller in
        let address = teller.call(.getFreePages(.kernel, order: 4))
        let pfn = teller.pfn(at: address)
        teller.say("order 4 pfn \(pfn) refcount \(teller.referenceCount(pfn)); free twice")
        for time in ["1st", "2nd"] {
            teller.call(.freePages(VirtualAddress(address), order: 4))
            teller.say(
                "after \(time): refcount \(teller.referenceCount(pfn)) "
                    + "PageBuddy \(teller.isBuddy(pfn) ? 1 : 0)")
        }
        for _ in 0..<3 { teller.say("alloc order 4 -> pfn \(teller.allocPages(order: 4))") }
    }

    private static let useAfterFree = MisuseStory(
        name: "uaf_page", misuses: { $0 == .debug ? [.usedAfterFree] : [.writeAfterFree] },
        isNoticed: { $1 == .debug }
    ) { teller in
        let page = teller.call(.getFreePages(.kernel, order: 0))
        teller.fill(page, 4096)
        teller.call(.freePages(VirtualAddress(page), order: 0))
        teller.say("reading a freed page:")
        teller.say(teller.hex(page, 16))
        teller.store(page, 1)
        teller.say("wrote it too")
    }

    private static let stalePage = MisuseStory(name: "stale_page") { teller in
        let page = teller.call(.getFreePages(.kernel, order: 0))
        teller.fill(page, 4096)
        teller.call(.freePage(VirtualAddress(page)))
        let again = teller.call(.getFreePages(.kernel, order: 0))
        teller.say("re-allocated \(same(page, again)), first bytes: \(teller.hex(again, 16))")
        teller.call(.freePage(VirtualAddress(again)))
        let zeroed = teller.call(.getZeroedPage(.kernel))
        teller.say("get_zeroed_page \(same(page, zeroed)), first bytes: \(teller.hex(zeroed, 16))")
        let object = teller.kmalloc(64)
        teller.fill(object, 64)
        teller.kfree(object)
        let second = teller.kmalloc(64)
        let isSame = object == second ? 1 : 0
        teller.say("kmalloc again same=\(isSame): \(teller.hex(second, 64))")
        teller.kfree(second)
        let cleared = teller.kmalloc(64, [.kernel, .zero])
        teller.say("kzalloc same=\(object == cleared ? 1 : 0): \(teller.hex(cleared, 16))")
    }

    private static func same(_ page: UInt64, _ other: UInt64) -> String {
        "same page=\(page == other ? 1 : 0)"
    }
}
