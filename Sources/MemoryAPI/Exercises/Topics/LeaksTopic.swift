import KernelMemory

/// What was allocated and never given back.
enum LeaksTopic: ExerciseTopic {
    static let id = "leaks"
    static let title = "What leaks"
    static let summary =
        "A run of allocations and frees: which of them are never freed, and what they keep."
    static let telling: Set<Decision.Code>? = [
        .kmallocSize, .vmallocSize, .pageRequest, .objectFreed, .vfreePages, .kfreeOfNothing,
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var program = LeakProgram(level: level, ExerciseScript(.classroom, machines))
        program.run(&random)
        let script = program.script
        let leaks = Leaks(script.machine)
        let allocating = script.lines.filter { $0.name != nil }.map { UInt64($0.step) }
        return Exercise(
            prompt:
                "A module makes these calls, and is unloaded. Its lines are numbered from 1. Which of "
                + "them allocated something that nobody freed?",
            script: script,
            parts: [
                linesPart(script, leaks, allocating, program.overwritten), pagesPart(leaks),
                bytesPart(leaks),
            ],
            hints: [
                "Cross out each allocation with its free. A name that is given a second result loses the "
                    + "first one.",
                "__get_free_pages(mask, n) takes 2^n pages. vmalloc rounds up to whole pages; its guard page "
                    + "is address space only.",
            ],
            solution: leaks.lines.map { line in
                "Line \(line): \(script.lines[Int(line) - 1].source)"
            },
            isWorthwhile: !leaks.lines.isEmpty && leaks.lines.count < allocating.count
                && (level == 1 || leaks.lines.count >= 2 && leaks.bytes > 0 && leaks.pages > 0)
                && (level < 3 || !program.overwritten.isEmpty) && script.machine.misuseCount == 0)
    }

    private static func linesPart(
        _ script: ExerciseScript, _ leaks: Leaks, _ allocating: [UInt64], _ overwritten: [UInt64]
    ) -> ExercisePart {
        let visible = leaks.lines.filter { !overwritten.contains($0) }
        return ExercisePart(
            "lines", "Which lines' allocations are never freed?", .lines(script.lines.count),
            .numbers(leaks.lines), weight: 2,
            why: "What the machine still has: "
                + leaks.lines.map { "line \($0)" }.joined(separator: ", ") + ".",
            traps: [
                (.overwrittenForgotten, .numbers(visible)), (.allAllocations, .numbers(allocating)),
                (.nothingLeaks, .numbers([])),
            ])
    }

    private static func pagesPart(_ leaks: Leaks) -> ExercisePart {
        .number(
            "pages", "How many page frames do the leaks of __get_free_pages and vmalloc keep?",
            0...1_024,
            leaks.pages, why: "Of blocks \(leaks.blockPages), of areas \(leaks.areaPages).",
            traps: [
                (.orderForPages, leaks.orders + leaks.areaPages),
                (.guardPageCounted, leaks.areas > 0 ? leaks.pages + leaks.areas : nil),
                (.vmallocForgotten, leaks.blockPages),
                (.blocksForPages, leaks.blocks + leaks.areas),
            ])
    }

    private static func bytesPart(_ leaks: Leaks) -> ExercisePart {
        .number(
            "bytes", "How many bytes, as they were asked for, do the leaks of kmalloc keep?",
            0...4_194_304, leaks.bytes,
            why: leaks.bytes == 0 ? "All of them are freed." : "The sum of their sizes.",
            traps: [(.givenBytes, leaks.givenBytes)])
    }
}

/// What a machine still has.
private struct Leaks {
    let lines: [UInt64]
    let bytes: Int
    let givenBytes: Int
    let blocks: Int
    let blockPages: Int
    /// The sum of the blocks' orders.
    let orders: Int
    let areas: Int
    let areaPages: Int
    var pages: Int { blockPages + areaPages }

    init(_ machine: Machine) {
        let objects = machine.liveKMallocs
        let areas = machine.vmAreas.filter { $0.step > 0 }
        let blocks = LiveBlocks(machine).all
        lines =
            (objects.map(\.allocatedAtStep) + areas.map(\.step) + blocks.map(\.step)).sorted()
            .map { UInt64($0) }
        bytes = objects.reduce(0) { $0 + Int($1.requestedBytes) }
        givenBytes = objects.reduce(0) { $0 + Int($1.allocatedBytes) }
        self.blocks = blocks.count
        blockPages = blocks.reduce(0) { $0 + Int($1.count) }
        orders = blocks.reduce(0) { $0 + ($1.order ?? 0) }
        self.areas = areas.count
        areaPages = areas.reduce(0) { $0 + $1.pageCount }
    }
}

/// Allocations and frees, some of which are missing.
private struct LeakProgram {
    /// How something was allocated, so that it is freed alike.
    private enum Kind {
        case bytes, pages(Int), area

        var isBytes: Bool { if case .bytes = self { true } else { false } }
    }

    let level: Int
    var script: ExerciseScript
    private var live: [(name: String, kind: Kind)] = []
    private var nameCount = 0
    /// Lines whose result another one took the name of.
    private(set) var overwritten: [UInt64] = []
    /// The line that gave each name its result.
    private var lines: [String: UInt64] = [:]

    init(level: Int, _ script: ExerciseScript) {
        self.level = level
        self.script = script
        self.script.beginCalls()
    }

    mutating func run(_ random: inout ExerciseRandom) {
        let allocations = random.number(level == 1 ? 3...4 : level == 2 ? 5...6 : 6...7)
        for index in 0..<allocations {
            let isLost = level == 3 && !live.isEmpty && overwritten.isEmpty && index > 1
            allocate(as: isLost ? lost(&random) : nil, &random)
            if random.isOne(in: 3) { free(&random) }
        }
        if level > 1 { resize(&random) }
        for _ in 0..<random.number(1...max(1, live.count - 1)) { free(&random) }
        if random.isOne(in: 3) { script.run("kfree(NULL)") }
    }

    /// Gives up a live name without freeing what it stands for.
    private mutating func lost(_ random: inout ExerciseRandom) -> String {
        let name = live.remove(at: random.number(0...(live.count - 1))).name
        if let line = lines[name] { overwritten.append(line) }
        return name
    }

    private mutating func allocate(as old: String?, _ random: inout ExerciseRandom) {
        let name = old ?? String(UnicodeScalar(UInt8(ascii: "a") + UInt8(nameCount)))
        if old == nil { nameCount += 1 }
        let kind = random.pick([Kind.bytes, .bytes, .pages(random.number(0...3)), .area])
        switch kind {
        case .bytes: script.run("kmalloc(\(random.number(10...1_000)), GFP_KERNEL)", as: name)
        case .pages(let order): script.run("__get_free_pages(GFP_KERNEL, \(order))", as: name)
        case .area: script.run("vmalloc(\(random.number(5_000...20_000)))", as: name)
        }
        live.append((name, kind))
        lines[name] = UInt64(script.machine.step)
    }

    /// Makes an object larger, so that it moves: its old place is freed.
    private mutating func resize(_ random: inout ExerciseRandom) {
        guard random.isOne(in: 2), let index = live.firstIndex(where: { $0.kind.isBytes }) else {
            return
        }
        let name = live[index].name
        script.run("krealloc($\(name), \(random.number(2_100...4_000)), GFP_KERNEL)", as: name)
        lines[name] = UInt64(script.machine.step)
    }

    private mutating func free(_ random: inout ExerciseRandom) {
        guard !live.isEmpty else { return }
        let (name, kind) = live.remove(at: random.number(0...(live.count - 1)))
        switch kind {
        case .bytes: script.run("kfree($\(name))")
        case .pages(let order): script.run("free_pages($\(name), \(order))")
        case .area: script.run("vfree($\(name))")
        }
    }
}
