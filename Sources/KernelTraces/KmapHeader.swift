import KernelMemory

/// What a header says of the addresses for mappings of high memory.
struct KmapHeader {
    private let slotCount: Int
    private let localSlotCount: Int
    private let firstLocalAddress: UInt64

    /// Reads a `hdr` record; `nil` if it has no such fields, as that of a kernel without high memory.
    init?(_ node: JSONNode) {
        guard let slots = node["LAST_PKMAP"]?.number, let places = node["KM_MAX_IDX"]?.number,
            let first = node["FIX_KMAP_BEGIN_vaddr"]?.address
        else { return nil }
        (slotCount, localSlotCount, firstLocalAddress) = (slots, places, first)
    }

    /// Compares them with a machine's, whose other constants are the header's.
    func firstDifference(_ machine: Machine) -> Difference? {
        let stack = machine.temporarySlots(ofCPU: 0).filter { $0.type == nil }
        let values: [(String, UInt64, UInt64)] = [
            ("LAST_PKMAP", UInt64(machine.kmapPool.slots.count), UInt64(clamping: slotCount)),
            ("KM_MAX_IDX", UInt64(stack.count), UInt64(clamping: localSlotCount)),
            ("FIX_KMAP_BEGIN_vaddr", stack.first?.address.rawValue ?? 0, firstLocalAddress),
        ]
        return values.first { $0.1 != $0.2 }.map {
            Difference(place: $0.0, model: "\($0.1)", kernel: "\($0.2)")
        }
    }
}
