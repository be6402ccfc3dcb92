import KernelMemory
import MicroHTTPD

/// What an address is.
extension MemoryService {
    var addressEndpoints: [Endpoint] {
        [look("/addresses/{address}", query: ["length"], AddressesRoutes.show)]
    }
}

enum AddressesRoutes {
    /// The longest stretch whose place in memory is told.
    private static let lengthLimit: UInt64 = 1 << 30

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let address = try Reference.address(request)
        let place = AddressPlace(address, view.machine)
        let length = try request.number("length", 1...Self.lengthLimit)
        response.snapshot(view) { json in
            json.member("address", address: address)
            json.member("kind", place.kind.rawValue)
            json.place(place, view)
            let object = view.machine.object(covering: VirtualAddress(address))
            json.key("object")
            if let object {
                json.object { $0.object(object, at: address, view) }
            } else {
                json.null()
            }
            json.area(around: address, view)
            if let length { json.contiguity(VirtualAddress(address), length, view.machine) }
            json.member(
                "explanation",
                object.map { place.explanation($0, address, view.machine) }
                    ?? place.explanation(address, view.machine))
        }
    }
}

extension JSONWriter {
    fileprivate mutating func object(
        _ object: ObjectSnapshot, at address: UInt64, _ view: SessionView
    ) {
        let isUsed = object.allocatedAtStep > 0
        member("id", orNull: object.owner == .caller ? object.allocatedAtStep : nil)
        self.object(object, view.machine)
        member("offset", address - object.address.rawValue)
        member("live", object.isLive)
        member("allocated_at_step", orNull: isUsed ? object.allocatedAtStep : nil)
        member("freed_at_step", orNull: object.freedAtStep > 0 ? object.freedAtStep : nil)
    }

    /// Writes `area`: the one of vmalloc that an address lies in, and where; or null.
    fileprivate mutating func area(around address: UInt64, _ view: SessionView) {
        guard let area = view.machine.vmArea(covering: VirtualAddress(address)) else {
            return memberNull("area")
        }
        object("area") { json in
            json.member("id", orNull: view.id(of: area))
            json.member("kind", area.kind.rawValue)
            json.member("address", address: area.range.lowerBound)
            json.member("end_address", address: area.range.upperBound)
            json.member("page_index", (address - area.range.lowerBound) >> 12)
            json.member("is_guard_page", address >= area.mappedEnd)
            json.member("allocated_at_step", orNull: area.step > 0 ? area.step : nil)
        }
    }

    /// Writes whether a stretch is one piece of physical memory, and the pieces.
    fileprivate mutating func contiguity(
        _ address: VirtualAddress, _ length: UInt64, _ machine: borrowing Machine
    ) {
        let runs = machine.physicalRuns(from: address, size: length, limit: Self.runLimit + 1)
        member("length", length)
        member("physically_contiguous", runs.count == 1 && runs[0].physical != nil)
        array("physical_runs") { json in
            for run in runs.prefix(Self.runLimit) {
                json.object { json in
                    json.member("address", address: run.address.rawValue)
                    json.member("size_bytes", run.size)
                    json.member("physical_address", addressOrNull: run.physical)
                }
            }
        }
        member("physical_runs_truncated", runs.count > Self.runLimit)
    }

    /// Pieces of memory that are listed.
    private static let runLimit = 1_000

    fileprivate mutating func place(_ place: AddressPlace, _ view: SessionView) {
        guard let pfn = place.pfn else {
            memberNull("pfn")
            memberNull("zone")
            memberNull("physical_address")
            memberNull("frame")
            return
        }
        let machine = view.machine
        member("pfn", pfn.rawValue)
        member("zone", literal: machine.architecture.zoneLiteral(machine.zoneIndex(of: pfn)))
        member("physical_address", address: pfn.physicalAddress.rawValue + place.offset)
        let run = machine.block(covering: pfn)
        let cpu = run.state == .perCPU ? machine.localPageOwners[run.start.rawValue] : nil
        object("frame") { json in json.run(run, view, cpu: cpu) }
    }
}
