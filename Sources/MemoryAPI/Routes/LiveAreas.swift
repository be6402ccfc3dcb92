import KernelMemory
import MicroHTTPD

/// Finding areas of vmalloc, by id or by address.
extension SessionView {
    /// The id of an area: the step of the call that returned its address; `nil` if none of the session's
    /// calls did.
    func id(of area: VmAreaSnapshot) -> UInt32? {
        madeArea(by: area.step) == area.start ? area.step : nil
    }

    /// The areas that callers made and have not given up, ascending.
    var liveAreas: [VmAreaSnapshot] { machine.vmAreas.filter { id(of: $0) != nil } }

    /// The area that a path names.
    ///
    /// - Throws: a problem that says whether it was given up or never was.
    func liveArea(_ reference: Reference) throws(Problem) -> VmAreaSnapshot {
        switch reference {
        case .id(let id): return try liveArea(id)
        case .address(let address):
            guard let area = machine.vmArea(covering: VirtualAddress(address)) else {
                throw Problem(
                    .noSuchAllocation, "No area of vmalloc covers \(VirtualAddress(address)).",
                    reference, wanted: "an address of an area in use")
            }
            return area
        }
    }

    private func liveArea(_ id: UInt32) throws(Problem) -> VmAreaSnapshot {
        guard let start = madeArea(by: id) else {
            throw Problem(
                .noSuchAllocation, "No call of this session made an area as \(id).", .id(id),
                wanted: "the id of an area of vmalloc")
        }
        if let area = machine.vmArea(covering: start), self.id(of: area) == id { return area }
        throw Problem(
            alreadyFreed: id, "Area \(id) was freed", at: freeingStep(of: start, after: id))
    }

    /// The first step behind the making of an area that gave it up by one of its addresses.
    private func freeingStep(of start: VirtualAddress, after id: UInt32) -> UInt32? {
        let size: UInt64 =
            switch call(of: id) {
            case .vmalloc(let size), .vzalloc(let size): size
            case .vmap(let pages): UInt64(pages.count) << 12
            default: 0
            }
        let addresses = start.rawValue..<(start.rawValue + (size + 8191) & ~4095)
        return records.indices[Int(id)...].first { index in
            guard let freed = call(of: UInt32(index) + 1)?.freedArea?.rawValue else { return false }
            return freed & 4095 == 0 && addresses.contains(freed)
        }.map { UInt32($0) + 1 }
    }
}
