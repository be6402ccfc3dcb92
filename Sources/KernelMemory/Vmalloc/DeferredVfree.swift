/// Areas that were given to `vfree` in an interrupt, where they cannot be freed. They wait for a worker
/// in a list through their own first words: whoever still writes to one leads the worker astray.
///
///     vfree_deferred     newest          oldest
///     | first | ---->    | next | ---->  |  0   |
extension Core {
    /// Puts an area first in the CPU's list.
    ///
    /// The corresponding kernel function is `__vfree_deferred` (mm/vmalloc.c, 6.1).
    func putOffFree(_ address: UInt64) {
        if address == 0 { return }
        explain(
            .vfreePutOff, ["address": VirtualAddress(address), "cpu": control.pointee.cpu])
        notePutOff(address)
        let bytes = linkBytes(context.lastDeferredFree)
        storeBytes(bytes, at: address, in: "llist_add_batch")
        if !isHalted { changeContext { $0.lastDeferredFree = address } }
    }

    /// The worker takes the list, and frees each area once it has read which is next.
    ///
    /// A list that leads in a circle, through memory that no free takes away, never ends. One that
    /// leads on and on through what are no areas, with a warning for each, is told as such a one.
    ///
    /// The corresponding kernel function is `free_work` (mm/vmalloc.c, 6.1).
    func freeDeferred(ofCPU cpu: Int) {
        var address = cold.contexts.cpus[cpu].lastDeferredFree
        cold.contexts.cpus[cpu].lastDeferredFree = 0
        let longest = vmap.pointee.areas.count + Self.strayLimit
        var seen: Set<UInt64> = []
        while address != 0 {
            let link = loadBytes(pointerSize, at: address, in: "free_work")
            if isHalted { return }
            let isNew = seen.insert(address).inserted
            if !isNew || seen.count > longest { return hang(in: "free_work") }
            unmapDeferred(address)
            if isHalted { return }
            address = linkedAddress(link)
        }
    }

    /// Addresses in a list that are no areas' before the worker counts as lost; also those shown.
    static let strayLimit = 1_000

    /// The newest areas in a CPU's list, the newest first, as far as it leads: to its end, to an
    /// address that is not mapped, or back to one that was there.
    ///
    /// - Complexity: O(``strayLimit``).
    func deferredFrees(ofCPU cpu: Int) -> [UInt64] {
        var addresses: [UInt64] = []
        var seen: Set<UInt64> = []
        var address = cold.contexts.cpus[cpu].lastDeferredFree
        while address != 0, seen.count < Self.strayLimit, seen.insert(address).inserted {
            addresses.append(address)
            var link: [UInt8] = []
            let fault = forEachPage(address, pointerSize, mappedFrame) {
                link += readPhysical($0, $1, $2.count)
            }
            address = fault == nil ? linkedAddress(link) : 0
        }
        return addresses
    }

    private var pointerSize: Int { Int(shape.architecture.pointerSize) }

    private func linkBytes(_ address: UInt64) -> [UInt8] {
        (0..<pointerSize).map {
            UInt8(truncatingIfNeeded: address >> UInt64($0 * 8))
        }
    }

    private func linkedAddress(_ bytes: [UInt8]) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

// MARK: - What callers did wrong

extension Core {
    /// Takes down that an area was given to `vfree`; if it was before, that is recorded: the second link
    /// makes a circle.
    private func notePutOff(_ address: UInt64) {
        guard let index = vmap.pointee.area(containing: address) else {
            // Nothing is there to link: the CPU faults. Elsewhere the worker will say what is wrong.
            if walk(address) == nil {
                let isAligned = address & 4095 == 0
                noteMisuse(isAligned ? .vfreeOfNoArea : .vfreeOfBadAddress, at: address)
            }
            return
        }
        let area = vmap.pointee.areas[index]
        if area.putOffStep != 0 {
            noteMisuse(
                .vfreeOfNoArea, at: address, allocatedAtStep: area.step == 0 ? nil : area.step,
                freedAtStep: area.putOffStep, circumstance: Self.waitingForWorker)
        } else {
            vmap.pointee.change(index) { $0.putOffStep = control.pointee.step }
        }
    }

    /// Records a store to an area that `vfree` has put off.
    func noteStore(_ address: UInt64, to area: VmArea) {
        noteMisuse(
            .usedAfterVfree, at: address, allocatedAtStep: area.step == 0 ? nil : area.step,
            freedAtStep: area.putOffStep, circumstance: Self.waitingForWorker)
    }

    /// Where the area is.
    private static let waitingForWorker =
        "it waits for a worker, in a list through the areas' own first words"
}
