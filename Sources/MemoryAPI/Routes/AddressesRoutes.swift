import KernelMemory
import MicroHTTPD

/// What an address is.
extension MemoryService {
    var addressEndpoints: [Endpoint] { [look("/addresses/{address}", AddressesRoutes.show)] }
}

enum AddressesRoutes {
    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let address = try Reference.address(request)
        let place = AddressPlace(address, view.machine)
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
            json.member(
                "explanation",
                object.map { place.explanation($0, address, view.machine) }
                    ?? place.explanation(view.machine))
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

/// The part of the kernel's address space that an address lies in.
struct AddressPlace {
    /// The parts.
    enum Kind: String, CaseIterable {
        case directMap = "direct_map"
        case structPage = "struct_page"
        case user, vmalloc, pkmap, fixmap, unmapped
    }

    let kind: Kind
    /// The frame behind the address, or the one that a `struct page` describes.
    let pfn: PageFrameNumber?
    /// Where in the frame.
    let offset: UInt64

    init(_ address: UInt64, _ machine: Machine) {
        kind = Self.kind(address, machine)
        switch kind {
        case .structPage:
            let index =
                (address - machine.layout.memMap)
                / machine.architecture.structPageSizeInBytes
            pfn = PageFrameNumber(UInt32(index))
            offset = 0
        case .directMap:
            pfn = machine.frame(at: VirtualAddress(address))
            offset = address & UInt64(Page.sizeInBytes - 1)
        default:
            pfn = nil
            offset = 0
        }
    }

    private static func kind(_ address: UInt64, _ machine: Machine) -> Kind {
        let layout = machine.layout
        let mapSize = UInt64(machine.frameEnd) * machine.architecture.structPageSizeInBytes
        let isI386 = machine.architecture == .i386
        let userEnd = isI386 ? layout.pageOffset : 0x8000_0000_0000
        if address < userEnd { return .user }
        if address >= layout.memMap, address - layout.memMap < mapSize { return .structPage }
        if machine.frame(at: VirtualAddress(address)) != nil { return .directMap }
        if (layout.vmallocStart..<layout.vmallocEnd).contains(address) { return .vmalloc }
        if let pkmap = layout.pkmapBase, address >= pkmap, address - pkmap < 0x40_0000 {
            return .pkmap
        }
        let top: UInt64 = isI386 ? 0xffff_f000 : 0xffff_ffff_ffff_f000
        return (layout.fixaddrStart..<top).contains(address) ? .fixmap : .unmapped
    }

    /// What the object there is, in a sentence.
    func explanation(_ object: ObjectSnapshot, _ address: UInt64, _ machine: Machine) -> String {
        let what =
            object.cache.map { "object \(object.index ?? 0) of a slab of \(machine.cacheName($0))" }
            ?? "pages that kmalloc took for \(object.requestedBytes) bytes"
        let state =
            switch object.owner {
            case .nobody:
                object.freedAtStep > 0
                    ? "free since step \(object.freedAtStep)" : "free, and never was allocated"
            case .caller where machine.isUnused(object):
                "allocated at step \(object.allocatedAtStep) and kept unused: a shrinker may free it"
            case .caller, .unused: "allocated at step \(object.allocatedAtStep)"
            case .kernel: "the kernel's own"
            }
        return "Byte \(address - object.address.rawValue) of \(what), \(state)."
    }

    /// What this part is for, in a sentence.
    func explanation(_ machine: Machine) -> String {
        switch kind {
        case .directMap:
            "The direct map: physical memory, shifted by PAGE_OFFSET; this is page frame "
                + "\(pfn?.rawValue ?? 0)."
        case .structPage:
            "Inside the memory map: the struct page that describes page frame "
                + "\(pfn?.rawValue ?? 0). Its own bytes are not modelled."
        case .user: "User space: no process runs here, so nothing is mapped."
        case .vmalloc: "The vmalloc area; nothing is mapped here."
        case .pkmap: "The window of kmap for high memory; nothing is mapped here."
        case .fixmap: "The fixed mappings, kmap_atomic's among them; nothing is mapped here."
        case .unmapped: "Nothing is ever mapped here; the kernel would fault."
        }
    }
}
