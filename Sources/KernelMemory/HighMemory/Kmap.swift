/// Permanent mappings: an address for a page of high memory, for as long as it is wanted.
extension Core {
    /// Finds or makes an address for a page; a page of low memory has one.
    ///
    /// - Returns: the address; that the call is not over, if every slot is in use: the task sleeps until
    ///   one is given up.
    /// - Complexity: O(slots) at worst, O(1) in the usual case.
    ///
    /// The corresponding kernel function is `kmap` (include/linux/highmem-internal.h, 6.1).
    func kmap(_ page: PagePointer) -> Outcome {
        mightSleep(hasHighmem ? .kmap : .kmapOfLowMemory)
        guard let pfn = frame(of: page) else { return mistakenPointer(page, in: "kmap") }
        guard isHighmem(pfn) else {
            explain(
                .kmapOfLowMemory, ["pfn": pfn, "address": VirtualAddress(directAddress(pfn))])
            noteUse(of: pfn, at: directAddress(pfn), step: control.pointee.step)
            return .pointer(directAddress(pfn))
        }
        guard let slot = mapHigh(page, pfn) else {
            if !isHalted { waitForSlot(page) }
            return Outcome(isHalted ? .void : .blocked)
        }
        noteUse(of: pfn, at: kmapAddress(slot), step: control.pointee.step)
        return .pointer(kmapAddress(slot))
    }

    /// The task sleeps until a slot is given up. When too many do, nobody is left to give one up.
    private func waitForSlot(_ page: PagePointer) {
        explain(.kmapWaits, ["slots": kmapSlotCount])
        let step = control.pointee.step
        let cpu = control.pointee.cpu
        cold.contexts.waitingForSlot.append(
            WaitingTask(task: sleep(), cpu: cpu, step: step, page: page))
        guard cold.contexts.waitingForSlot.count > Contexts.waitingLimit else { return }
        let pid = cold.contexts.waitingForSlot[0].task.pid
        let text = "INFO: task init:\(pid) blocked for more than 120 seconds."
        printk(text)
        printCallTrace(["__schedule", "schedule", "kmap_high"])
        halt(text)
    }

    /// One more user of the slot that maps a page.
    ///
    /// - Returns: `nil` if there is no slot for it now.
    ///
    /// The corresponding kernel function is `kmap_high` (mm/highmem.c, 6.1).
    func mapHigh(_ page: PagePointer, _ pfn: UInt32) -> Int? {
        guard let slot = cold.kmaps.hash.slot(of: page.rawValue) ?? mapNew(page, pfn) else {
            return nil
        }
        let count = cold.kmaps.count(slot) + 1
        explain(
            count > 2 ? .kmapShared : .kmapUsed,
            [
                "pfn": pfn, "slot": slot, "address": VirtualAddress(kmapAddress(slot)),
                "users": count - 1,
            ])
        cold.kmaps.setCount(slot, count, slotCount: kmapSlotCount)
        if count < 2 { bug(at: "mm/highmem.c:308", in: "kmap_high", locks: 1) }
        return slot
    }

    /// Takes the next free slot. At the end of the pool the slots that nobody uses are flushed first.
    ///
    /// The corresponding kernel function is `map_new_virtual` (mm/highmem.c, 6.1).
    private func mapNew(_ page: PagePointer, _ pfn: UInt32) -> Int? {
        if cold.kmaps.usedCount == kmapSlotCount {
            // Going round finds nothing, and ends at the end.
            cold.kmaps.last = kmapSlotCount - 1
            return nil
        }
        var left = kmapSlotCount
        let last = cold.kmaps.last
        while true {
            cold.kmaps.last = (cold.kmaps.last + 1) % kmapSlotCount
            if cold.kmaps.last == 0 {
                explain(.kmapWrap, ["last_pkmap_nr": last, "slots": kmapSlotCount])
                flushUnusedKmaps()
                if isHalted { return nil }
                left = kmapSlotCount
            }
            if cold.kmaps.count(cold.kmaps.last) == 0 { break }
            left -= 1
            if left == 0 { return nil }
        }
        let slot = cold.kmaps.last
        explain(
            .kmapSlot,
            [
                "slot": slot, "address": VirtualAddress(kmapAddress(slot)), "last_pkmap_nr": last,
                "slots_passed_over": (slot - last - 1 + kmapSlotCount) % kmapSlotCount,
            ])
        setKmapEntry(slot, UInt64(pfn) << 12 | PageTableEntry.kernel(shape.architecture))
        cold.kmaps.setCount(slot, 1, slotCount: kmapSlotCount)
        cold.kmaps.hash.add(page.rawValue, slot: slot, slotCount: kmapSlotCount)
        return slot
    }

    /// Makes all slots free that nobody uses: their entries are cleared, and every TLB forgets the pool.
    ///
    /// - Complexity: O(slots).
    ///
    /// The corresponding kernel function is `flush_all_zero_pkmaps` (mm/highmem.c, 6.1).
    func flushUnusedKmaps() {
        var freed = 0
        for slot in 0..<kmapSlotCount where cold.kmaps.count(slot) == 1 {
            cold.kmaps.setCount(slot, 0, slotCount: kmapSlotCount)
            let entry = kmapEntry(slot)
            if entry.isNone {
                return bug(at: "mm/highmem.c:207", in: "flush_all_zero_pkmaps", locks: 1)
            }
            setKmapEntry(slot, 0)
            cold.kmaps.hash.remove(pagePointer(frameNumber(entry)))
            freed += 1
        }
        explain(
            .kmapFlush,
            ["freed_slots": freed, "used_slots": cold.kmaps.usedCount, "slots": kmapSlotCount])
        if freed > 0 { flushTLB(kmapAddress(0)..<kmapAddress(kmapSlotCount)) }
    }

    /// Gives up one use of a page's address. The mapping stays until a wrap needs the slot.
    ///
    /// - Parameter use: the step of the `kmap` that is meant; 0 for the last one of the page.
    ///
    /// The corresponding kernel function is `kunmap_high` (mm/highmem.c, 6.1).
    func kunmap(_ page: PagePointer, use: UInt32) {
        if hasHighmem { mightSleep(.kunmap) }
        guard let pfn = frame(of: page) else { return kunmapMistaken(page) }
        forgetUse(of: pfn, use)
        guard isHighmem(pfn) else {
            return explain(
                .kmapOfLowMemory, ["pfn": pfn, "address": VirtualAddress(directAddress(pfn))])
        }
        guard let slot = cold.kmaps.hash.slot(of: page.rawValue) else {
            return bug(at: "mm/highmem.c:358", in: "kunmap_high", locks: 1)
        }
        let count = cold.kmaps.count(slot) - 1
        explain(
            count > 1 ? .kunmapShared : .kunmapLast,
            [
                "slot": slot, "address": VirtualAddress(kmapAddress(slot)), "users": count - 1,
            ])
        cold.kmaps.setCount(slot, count, slotCount: kmapSlotCount)
        if count == 0 { return bug(at: "mm/highmem.c:368", in: "kunmap_high", locks: 1) }
        if count == 1 { wakeWaiters() }
    }

    /// A `kunmap` of what is no `struct page`, such as the address that `kmap` returned. The mapping
    /// stays.
    private func kunmapMistaken(_ page: PagePointer) {
        if passesForHighmem(page, as: .kunmapOfWrongAddress, in: "kunmap") == true {
            bug(at: "mm/highmem.c:358", in: "kunmap_high", locks: 1)
        }
    }
}

// MARK: - Those who wait for a slot

extension Core {
    /// Wakes every task that waits; the first gets the slot, the others find none and sleep on.
    ///
    /// The corresponding kernel function is `wake_up` (include/linux/wait.h, 6.1).
    private func wakeWaiters() {
        if !cold.contexts.waitingForSlot.isEmpty {
            explain(.kmapWaitersWoken, ["tasks": cold.contexts.waitingForSlot.count])
        }
        for index in cold.contexts.waitingForSlot.indices {
            cold.contexts.waitingForSlot[index].isAwake = true
        }
        finishContextChange()
    }

    /// Lets woken tasks go on whose CPU is free for them.
    func resumeWaiters() {
        var asleep: [WaitingTask] = []
        let waiting = cold.contexts.waitingForSlot
        cold.contexts.waitingForSlot = []
        for waiter in waiting {
            guard waiter.isAwake, cold.contexts.cpus[Int(waiter.cpu)].mayGiveWay, !isHalted,
                let pfn = frame(of: waiter.page)
            else {
                asleep.append(waiter)
                continue
            }
            guard let slot = mapHigh(waiter.page, pfn) else {
                asleep.append(waiter)
                asleep[asleep.count - 1].isAwake = false
                continue
            }
            let address = kmapAddress(slot)
            noteUse(of: pfn, at: address, step: waiter.step)
            noteResumption(
                of: waiter.step, pid: waiter.task.pid, on: waiter.cpu,
                .address(VirtualAddress(address)))
            cold.contexts.runnable.append((cpu: waiter.cpu, task: waiter.task))
        }
        cold.contexts.waitingForSlot = asleep
    }
}
