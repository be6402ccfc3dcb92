import KernelMemory

/// Mappings of high memory, wrongly made and wrongly given up.
extension MisuseStory {
    static let kmap = [
        highmemByAddress, sleepInKmapAtomic, exhaustion, kmapWhereItMaySleep, outOfOrder,
    ]

    private static let highmemByAddress = MisuseStory(
        name: "gfp_highmem_get_free_pages", memoryInMiB: 1024,
        misuses: { _ in [.kunmapUnbalanced] },
        // The recorded machine had an object at hand.
        prepare: { $0.kfree($0.kmalloc(64)) }
    ) { teller in
        let low = teller.pfn(at: teller.call(.getFreePages(.highUser, order: 0)))
        teller.say("__get_free_pages(GFP_HIGHUSER) pfn \(low) highmem=\(isHigh(low, teller))")
        let page = PagePointer(teller.call(.allocPages(.highUser, order: 0)))
        let high = teller.pfn(page.rawValue)
        let address = String(teller.call(.pageAddress(page)), radix: 16)
        teller.say(
            "alloc_pages(GFP_HIGHUSER) pfn \(high) highmem=\(isHigh(high, teller)) "
                + "page_address=0x\(address)")
        let object = teller.kmalloc(64, [.kernel, .highmem])
        teller.say("kmalloc(__GFP_HIGHMEM) -> \(object != 0 ? "non-NULL" : "NULL")")
        teller.say("kmap -> 0x" + String(teller.call(.kmap(page)), radix: 16))
        for _ in 0..<2 { teller.call(.kunmap(page, use: 0)) }
        teller.say("double kunmap returned")
    }

    private static func isHigh(_ pfn: UInt32, _ teller: Storyteller) -> Int {
        teller.machine.address(of: PageFrameNumber(pfn)) == nil ? 1 : 0
    }

    private static let sleepInKmapAtomic = MisuseStory(
        name: "kmap_atomic_sleep", memoryInMiB: 1024, misuses: { _ in [.sleepInAtomic] },
        isNoticed: noticedWhenChecking
    ) { teller in
        let address = teller.call(.kmapAtomic(highPage(&teller), type: nil))
        let result = teller.kmalloc(64) != 0 ? "non-NULL" : "NULL"
        teller.call(.kunmapAtomic(VirtualAddress(address), type: nil, use: 0))
        teller.say("kmalloc(GFP_KERNEL) inside kmap_atomic -> \(result)")
    }

    private static func highPage(
        _ teller: inout Storyteller, _ gfp: GFPFlags = .highUser
    ) -> PagePointer {
        PagePointer(teller.call(.allocPages(gfp, order: 0)))
    }

    private static let exhaustion = MisuseStory(name: "kmap_exhaust", memoryInMiB: 1024) {
        teller in
        for index in 0..<1023 {
            let page = highPage(&teller)
            let address = String(teller.call(.kmap(page)), radix: 16)
            if index >= 3, index <= 1018 { continue }
            teller.say("kmap #\(index) -> 0x\(address) used \(teller.machine.kmapPool.usedCount)")
        }
        teller.say(
            "pool nearly full, used \(teller.machine.kmapPool.usedCount); the next new kmap would "
                + "sleep in map_new_virtual")
    }

    /// The kernel's message comes once a second, so only the first of the calls is noticed.
    private static let kmapWhereItMaySleep = MisuseStory(
        name: "kmap_irq", memoryInMiB: 1024, misuses: { _ in [.sleepInAtomic] },
        isNoticed: { $0.step == 3 && $1 == .debug }
    ) { teller in
        let page = highPage(&teller)
        teller.call(.cpu(.localIRQSave))
        let first = String(teller.call(.kmap(page)), radix: 16)
        teller.call(.localIRQRestore(flags: 0x202))
        teller.say("kmap with irqs off -> 0x\(first)")
        teller.call(.cpu(.preemptDisable))
        let other = highPage(&teller, GFPFlags.highUser.union(.atomic))
        let second = String(teller.call(.kmap(other)), radix: 16)
        teller.call(.cpu(.preemptEnable))
        teller.say("kmap under preempt_disable -> 0x\(second)")
    }

    private static let outOfOrder = MisuseStory(
        name: "kunmap_local_order", memoryInMiB: 1024, misuses: { _ in [.kunmapOutOfOrder] },
        // The warning comes once.
        isNoticed: { misuse, _ in misuse.step == 5 }
    ) { teller in
        let pages = [highPage(&teller), highPage(&teller)]
        let addresses = pages.map { VirtualAddress(teller.call(.kmapLocalPage($0))) }
        teller.say("kunmap_local in the wrong order")
        for (address, which) in zip(addresses, ["1st", "2nd"]) {
            teller.call(.kunmapLocal(address, use: 0))
            teller.say("\(which) returned")
        }
    }
}
