import KernelMemory

/// From a virtual address to memory.
enum TranslationTopic: ExerciseTopic {
    static let id = "translation"
    static let title = "Translate this address"
    static let summary =
        "An address of the direct map, of vmalloc or of kmap: its indices, its frame, its place in memory."
    static let telling: Set<Decision.Code>? = [
        .buddyTake, .vmallocSize, .vmapGap, .tableMade, .entriesWritten, .kmapSlot, .kmapUsed,
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        switch level {
        case 1: return lowMemory(&random, machines)
        case 2: return area(.i386, &random, machines)
        default:
            return random.isOne(in: 2)
                ? area(.x86_64, &random, machines) : highMemory(&random, machines)
        }
    }

    /// The bits of an entry that are no frame, as hints tell.
    private static let entryHint =
        "The lowest 12 bits of an entry are flags; the rest is the physical address of a page."

    /// An address that kmalloc or __get_free_pages could have returned.
    private static func lowMemory(
        _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        let kind = random.pick([ExerciseMachines.Kind.i386, .classroom])
        var script = ExerciseScript(kind, machines)
        for _ in 0..<random.number(0...8) {
            script.run(
                "alloc_pages(GFP_KERNEL, \(random.number(kind == .i386 ? 8...10 : 0...5)))")
        }
        script.beginCalls()
        let order = random.number(0...4)
        script.run("__get_free_pages(GFP_KERNEL, \(order))", as: "p")
        let address = script["p"] + UInt64(random.number(1...((4_096 << order) - 1)))
        let story = Translation(address: address, machine: script.machine, isLowMemory: true)
        return Exercise(
            prompt:
                "p = \(VirtualAddress(script["p"])) was returned by __get_free_pages. The direct map "
                + "begins at PAGE_OFFSET, \(VirtualAddress(script.machine.layout.pageOffset)). Where is the "
                + "byte at \(VirtualAddress(address))?",
            script: script, parts: story.parts,
            hints: [
                "In the direct map the physical address is the virtual one less PAGE_OFFSET.",
                "A frame has 4,096 bytes: the lowest 12 bits are the offset. The highest 10 of the 32 bits "
                    + "select the entry of the page directory.",
            ])
    }

    /// An address of vmalloc.
    private static func area(
        _ kind: ExerciseMachines.Kind, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var script = ExerciseScript(kind, machines)
        scatter(&script, &random)
        for _ in 0..<random.number(0...2) { script.run("vmalloc(\(random.number(1...40_000)))") }
        script.beginCalls()
        let pages = random.number(3...6)
        script.run("vmalloc(\(pages * 4_096))", as: "v")
        let address = script["v"] + UInt64(random.number(4_097...(pages * 4_096 - 1)))
        let story = Translation(address: address, machine: script.machine, isLowMemory: false)
        return Exercise(
            prompt:
                "v = \(VirtualAddress(script["v"])) was returned by vmalloc. Where is the byte at "
                + "\(VirtualAddress(address))?",
            script: script, views: story.views, parts: story.parts,
            hints: [story.indexHint, entryHint], isWorthwhile: story.target != nil)
    }

    /// An address of kmap.
    private static func highMemory(
        _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var script = ExerciseScript(.classroom, machines)
        let count = random.number(3...6)
        let names = (0..<count).map { "p\($0)" }
        for name in names { script.run("alloc_page(GFP_HIGHUSER)", as: name) }
        script.beginCalls()
        let order = random.shuffled(Array(0..<count))
        for index in order { script.run("kmap($p\(index))", as: "k\(index)") }
        let asked = order[random.number(1...(count - 1))]
        let address = script["k\(asked)"] + UInt64(random.number(1...4_095))
        let story = Translation(address: address, machine: script.machine, isLowMemory: false)
        return Exercise(
            prompt: "Pages of high memory were mapped by kmap, k\(asked) at "
                + "\(VirtualAddress(script["k\(asked)"])). Where is the byte at \(VirtualAddress(address))?",
            script: script, views: story.views, parts: story.parts,
            hints: [story.indexHint, entryHint], isWorthwhile: story.target != nil)
    }

    /// Frees single pages in such an order that the next ones lie about.
    private static func scatter(_ script: inout ExerciseScript, _ random: inout ExerciseRandom) {
        let names = (0..<8).map { "p\($0)" }
        for name in names { script.run("alloc_page(GFP_HIGHUSER)", as: name) }
        for name in random.shuffled(names).prefix(6) { script.run("__free_page($\(name))") }
    }
}

/// An address and the way to its memory.
private struct Translation {
    let address: UInt64
    private let machine: Machine
    private let walk: PageTableWalk
    private let isLowMemory: Bool

    init(address: UInt64, machine: Machine, isLowMemory: Bool) {
        self.address = address
        self.machine = machine
        self.isLowMemory = isLowMemory
        walk = machine.walk(VirtualAddress(address))
    }

    var target: PageTableWalk.Target? { walk.target }
    private var levels: [PagingMode.Level] { machine.paging.levels }
    private var frame: Int { Int(target?.frame ?? 0) }
    private var offset: Int { Int(address & 4_095) }
    private var physical: UInt64 { UInt64(frame) << 12 | UInt64(offset) }
    private var pageOffset: UInt64 { machine.layout.pageOffset }

    private func index(_ level: PagingMode.Level) -> Int {
        Int(address >> level.shift & (1 << level.bits - 1))
    }

    var indexHint: String {
        let bits = levels.map { "\($0.name): \($0.shift) to \($0.shift + $0.bits - 1)" }
        return
            "Which bits of the address select an entry: \(bits.joined(separator: ", ")). The lowest 12 "
            + "are the offset in the page."
    }

    /// Of each table some entries, those that are asked for among them.
    var views: [Exercise.View] {
        zip(levels, walk.steps).map { level, step in
            let isLast = level.name == "PTE"
            let range = max(0, step.index - (isLast ? 3 : 1))...(step.index + (isLast ? 3 : 1))
            let lines = range.filter { $0 < 1 << level.bits }.compactMap { other -> String? in
                let distance = Int64(other - step.index) << Int64(level.shift)
                let place = UInt64(bitPattern: Int64(bitPattern: address) &+ distance)
                let steps = machine.walk(VirtualAddress(place)).steps
                guard steps.count > step.level, steps[step.level].table == step.table else {
                    return nil
                }
                return "\(other)".padded(to: 5) + "  "
                    + "\(steps[step.level].entry.rawValue.hexadecimal)"
            }
            return Exercise.View(
                title: "The \(level.name)s of the table in frame \(step.table.rawValue)"
                    + (step.level == 0 ? ", the root" : ""),
                lines: ["index  entry"] + lines)
        }
    }

    var parts: [ExercisePart] {
        let indices = (isLowMemory ? levels.prefix(1) : levels[...]).map(indexPart)
        return indices + [offsetPart, framePart, physicalPart]
    }

    private func indexPart(_ level: PagingMode.Level) -> ExercisePart {
        let field: StaticString =
            switch level.name {
            case "PGD", "PDE": "pgd_index"
            case "PUD": "pud_index"
            case "PMD": "pmd_index"
            default: "pte_index"
            }
        let otherBits: UInt64 = level.bits == 10 ? 9 : 10
        return .number(
            field, "Which \(level.name) does the address select?", 0...1_048_575, index(level),
            why:
                "\(VirtualAddress(address)) >> \(level.shift), of it the lowest \(level.bits) bits.",
            traps: [
                (.otherPagingMode, Int(address >> level.shift & (1 << otherBits - 1))),
                (.pageNumber, Int(address >> 12 & 0xf_ffff)),
            ])
    }

    private var offsetPart: ExercisePart {
        .number(
            "page_offset", "How many bytes behind the start of its page frame is it?",
            0...4_194_303,
            offset, why: "The lowest 12 bits: \(UInt64(offset).hexadecimal).",
            traps: [(.largePageOffset, Int(address & (4_194_304 - 1)))])
    }

    private var framePart: ExercisePart {
        let last = walk.steps.last.map { Int($0.entry.rawValue & 0xffff_ffff) }
        let neighbour = machine.mappedFrame(VirtualAddress(address &+ 4_096)).map { Int($0) }
        return .number(
            "pfn", "In which page frame is it?", 0...4_294_967_295, frame,
            why: isLowMemory
                ? "(\(VirtualAddress(address)) - \(VirtualAddress(pageOffset))) >> 12."
                : "The last entry's bits from 12 on.",
            traps: [
                (.offsetKept, Int(address >> 12 & 0xf_ffff)),
                (.entryForFrame, isLowMemory ? nil : last),
                (.neighbourEntry, isLowMemory ? nil : neighbour),
            ])
    }

    private var physicalPart: ExercisePart {
        let entry = walk.steps.last.map { $0.entry.rawValue }
        return ExercisePart(
            "physical_address", "What is its physical address?", .address, .address(physical),
            weight: 2,
            why: "\(frame) x 4,096 + \(offset) = \(VirtualAddress(physical)).",
            traps: [
                (.frameForByte, .address(UInt64(frame) << 12)),
                (.virtualForPhysical, .address(address)),
                (.directMapRule, isLowMemory ? nil : .address(address &- pageOffset)),
                (.flagsKept, isLowMemory ? nil : entry.map { .address($0 &+ UInt64(offset)) }),
            ])
    }
}

extension UInt64 {
    /// `0x` and the number's digits, also for 0.
    fileprivate var hexadecimal: String { "0x" + String(self, radix: 16) }
}
