import KernelMemory

/// How an address is translated, told step by step.
struct WalkStory {
    let address: VirtualAddress
    let walk: PageTableWalk
    /// The kernel's lines about a load there; empty if something is mapped.
    let fault: [String]
    /// What the current CPU remembers of the page.
    let remembered: TLBSnapshot.Entry?
    private let paging: PagingMode
    private let pointerDigits: Int

    init(_ address: VirtualAddress, _ machine: Machine) {
        self.address = address
        walk = machine.walk(address)
        fault = walk.target == nil ? machine.faultLines(at: address, isWrite: false) : []
        remembered = machine.tlbEntry(for: address)
        paging = machine.paging
        pointerDigits = machine.architecture == .i386 ? 8 : 16
    }

    /// Base-2 logarithm of the size of the page, or of what the last entry read would map.
    var pageShift: UInt64 {
        walk.target?.pageShift ?? walk.steps.last.map { paging.levels[$0.level].shift } ?? 12
    }

    /// Where in the page the address is.
    var pageOffset: UInt64 { address.rawValue & (1 << pageShift - 1) }

    /// The physical address that it leads to.
    var physical: UInt64? { walk.target.map { $0.frame << 12 | address.rawValue & 4095 } }

    /// The physical address of an entry.
    func place(of step: PageTableWalk.Step) -> UInt64 {
        step.table.physicalAddress.rawValue + UInt64(step.index * paging.entrySize)
    }

    /// The bits of the address that select an entry, the highest first.
    func field(of step: PageTableWalk.Step) -> String {
        let bits = String(step.index, radix: 2)
        let count = Int(paging.levels[step.level].bits)
        return String(repeating: "0", count: max(0, count - bits.count)) + bits
    }

    /// The frame that an entry names.
    func frame(of step: PageTableWalk.Step) -> UInt64? {
        step.entry.rawValue & 1 == 0 ? nil : (step.entry.rawValue & paging.frameBits) >> 12
    }

    /// The level's name, and what it is for.
    func level(of step: PageTableWalk.Step) -> PagingMode.Level { paging.levels[step.level] }
}

// MARK: - As text

extension WalkStory {
    /// The lines that `crash vtop` would print.
    var lines: [String] {
        let width = max(pointerDigits, 8)
        var lines = [
            "VIRTUAL".filled(to: width) + "  PHYSICAL",
            digits(address.rawValue) + "  "
                + (physical.map { hexadecimal($0) } ?? "(not mapped)"),
            "",
        ]
        if let root = walk.steps.first {
            lines.append("PAGE DIRECTORY: " + hexadecimal(root.table.physicalAddress.rawValue))
        }
        for step in walk.steps {
            lines.append(
                "  \(level(of: step).name): \(hexadecimal(place(of: step))) => "
                    + hexadecimal(step.entry.rawValue))
        }
        return lines + pageLines
    }

    private var pageLines: [String] {
        guard let target = walk.target, let last = walk.steps.last else { return [] }
        let page = target.frame << 12 & ~(1 << target.pageShift - 1)
        let size = target.pageShift > 12 ? "  (\(1 << (target.pageShift - 20))MB)" : ""
        let entry = hexadecimal(last.entry.rawValue)
        let width = max(entry.count, 8)
        return [
            " PAGE: " + hexadecimal(page) + size, "",
            "PTE".filled(to: width) + "  PHYSICAL  FLAGS",
            entry.filled(to: width) + "  " + hexadecimal(page).filled(to: 8) + "  ("
                + last.entry.flagNames.map { Self.longNames[$0] ?? $0 }.joined(separator: "|")
                + ")",
        ]
    }

    private static let longNames = [
        "P": "PRESENT", "US": "USER", "A": "ACCESSED", "D": "DIRTY", "G": "GLOBAL",
    ]

    private func digits(_ value: UInt64) -> String {
        let digits = hexadecimal(value)
        return String(repeating: "0", count: max(0, pointerDigits - digits.count)) + digits
    }

    private func hexadecimal(_ value: UInt64) -> String { String(value, radix: 16) }
}

extension String {
    /// The text with blanks behind it.
    fileprivate func filled(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}

// MARK: - As JSON

extension JSONWriter {
    /// Writes the members of a walk.
    mutating func walk(_ story: WalkStory, _ machine: borrowing Machine) {
        member("address", address: story.address.rawValue)
        array("walk") { json in
            for step in story.walk.steps { json.object { $0.step(step, story) } }
        }
        member("page_offset", address: story.pageOffset)
        target(story, machine)
        key("fault")
        if story.fault.isEmpty { null() } else { fault(story) }
        object("tlb") { json in json.remembered(story, machine) }
        array("text") { json in story.lines.forEach { json.text($0) } }
    }

    private mutating func step(_ step: PageTableWalk.Step, _ story: WalkStory) {
        let level = story.level(of: step)
        member("level", level.name)
        member("shift", level.shift)
        member("bits", level.bits)
        member("field", story.field(of: step))
        member("index", step.index)
        member("table_pfn", step.table.rawValue)
        member("entry_address", address: story.place(of: step))
        member("entry", address: step.entry.rawValue)
        array("flags") { json in step.entry.flagNames.forEach { json.text($0) } }
        member("next_pfn", orNull: story.frame(of: step))
    }

    private mutating func target(_ story: WalkStory, _ machine: borrowing Machine) {
        guard let target = story.walk.target else { return memberNull("target") }
        object("target") { json in
            json.member("page_size_bytes", UInt64(1) << target.pageShift)
            json.member("writable", target.isWritable)
            json.member("pfn", target.frame)
            json.member("physical_address", addressOrNull: story.physical)
            json.key("zone")
            json.zone(ofFrame: target.frame, machine)
        }
    }

    private mutating func fault(_ story: WalkStory) {
        object { json in
            json.member("level", orNull: story.walk.steps.last.map { story.level(of: $0).name })
            json.member("oops", story.fault.first ?? "")
            json.array("log") { json in story.fault.forEach { json.text($0) } }
        }
    }

    private mutating func remembered(_ story: WalkStory, _ machine: borrowing Machine) {
        member("cpu", machine.currentCPU)
        member("hit", story.remembered != nil)
        if let entry = story.remembered {
            member("page_address", address: entry.address.rawValue)
            member("page_size_bytes", UInt64(1) << entry.pageShift)
            member("pfn", entry.frame)
            member("writable", entry.isWritable)
            member("stale", entry.isStale)
        }
    }
}
