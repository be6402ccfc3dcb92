import KernelMemory

/// The part of the kernel's address space that an address lies in.
struct AddressPlace {
    /// The parts.
    enum Kind: String, CaseIterable {
        case directMap = "direct_map"
        case structPage = "struct_page"
        case user, vmalloc, modules, pkmap, fixmap, unmapped
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
            let frame = machine.mappedFrame(VirtualAddress(address))
            pfn = frame.flatMap { machine.isMemory($0) ? PageFrameNumber(UInt32($0)) : nil }
            offset = address & UInt64(Page.sizeInBytes - 1)
        }
    }

    /// `MODULES_VADDR` to `MODULES_END` (arch/x86/include/asm/pgtable_64_types.h, 6.1); on i386 modules
    /// are in the vmalloc area.
    private static let modules: Range<UInt64> = 0xffff_ffff_a000_0000..<0xffff_ffff_ff00_0000

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
        if machine.isTemporaryMappingAddress(VirtualAddress(address)) { return .fixmap }
        if !isI386, modules.contains(address) { return .modules }
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
    func explanation(_ address: UInt64, _ machine: Machine) -> String {
        switch kind {
        case .directMap:
            "The direct map: physical memory, shifted by PAGE_OFFSET; this is page frame "
                + "\(pfn?.rawValue ?? 0)." + mappingText(machine)
        case .structPage:
            "Inside the memory map: the struct page that describes page frame "
                + "\(pfn?.rawValue ?? 0). Its own bytes are not modelled."
        case .user: "User space: no process runs here, so nothing is mapped."
        case .vmalloc, .modules: areaText(address, machine)
        case .pkmap: kmapText(address, machine)
        case .fixmap: fixmapText(address, machine)
        case .unmapped: "Nothing is ever mapped here; the kernel would fault."
        }
    }
}

// MARK: - Mappings of high memory

extension AddressPlace {
    private func kmapText(_ address: UInt64, _ machine: Machine) -> String {
        let slots = machine.kmapPool.slots
        guard let slot = slots.first(where: { $0.address.rawValue == address & ~4095 }), let pfn
        else { return "The window of kmap for high memory; nothing is mapped here." }
        let users = slot.count - 1
        let state =
            users > 0
            ? "with \(users) user\(users == 1 ? "" : "s")"
            : "given up, but there until the pool wraps around"
        return
            "Slot \(slot.number) of kmap's \(slots.count), \(state): byte \(offset) of page frame "
            + "\(pfn.rawValue)."
    }

    private func fixmapText(_ address: UInt64, _ machine: Machine) -> String {
        let page = address & ~4095
        for cpu in 0..<machine.cpuCount {
            let slot = machine.temporarySlots(ofCPU: cpu).first { $0.address.rawValue == page }
            guard let slot else { continue }
            let name = slot.type.map { "\($0)" } ?? "place \(slot.index) of kmap_atomic's stack"
            guard let pfn else { return "CPU \(cpu)'s \(name); nothing is mapped here." }
            let state = slot.mapping == nil ? ", whose mapping was given up" : ""
            return "CPU \(cpu)'s \(name)\(state): byte \(offset) of page frame \(pfn.rawValue)."
        }
        return "The fixed mappings, kmap_atomic's among them; nothing is mapped here."
    }
}

// MARK: - Where addresses lie in areas of vmalloc

extension AddressPlace {
    /// What else a frame of the direct map is.
    private func mappingText(_ machine: Machine) -> String {
        guard let pfn else { return "" }
        if let level = machine.pageTables[pfn] {
            return " It is a page table, of entries called \(machine.paging.levels[level].name)."
        }
        let run = machine.frameRun(at: pfn)
        guard run.state == .vmalloc, let address = run.mappedAddress else { return "" }
        return " It lies behind \(address) of the vmalloc area, too."
    }

    private func areaText(_ address: UInt64, _ machine: Machine) -> String {
        let name = kind == .modules ? "The place for modules" : "The vmalloc area"
        guard let area = machine.vmArea(covering: VirtualAddress(address)) else {
            if machine.unpurgedVmRanges.contains(where: { $0.contains(address) }) {
                return "\(name): freed, but not to be used again before a purge, because a TLB may "
                    + "still know the page."
            }
            return "\(name); nothing is mapped here."
        }
        let maker = area.step > 0 ? "step \(area.step)" : area.caller
        if address >= area.mappedEnd {
            return "The guard page behind the area that \(maker) made: never mapped, so that "
                + "whoever goes on past the end faults."
        }
        let index = (address - area.range.lowerBound) >> 12
        let page = "Byte \(offset) of page \(index) of the area that \(maker) made"
        guard let pfn else { return page + "; no memory is mapped here." }
        return page + ": page frame \(pfn.rawValue)."
    }
}
