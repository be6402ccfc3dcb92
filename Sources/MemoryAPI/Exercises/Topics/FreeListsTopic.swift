import KernelMemory

/// Blocks of the buddy allocator after some calls.
enum FreeListsTopic: ExerciseTopic {
    static let id = "free-lists"
    static let title = "The free lists after these calls"
    static let summary =
        "Blocks are split and merged: how many of each order are free, and which one was handed out."
    static let telling: Set<Decision.Code>? = [
        .pcpEmpty, .pcpRefill, .pcpHit, .pcpBypassed, .pcpFree, .buddyTake, .buddySplit,
        .buddyMerge,
        .buddyInUse, .buddyToHead, .buddyToTail,
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var program = PageProgram(level: level, ExerciseScript(.classroom, machines))
        program.setUp(&random)
        let before = program.script.machine
        program.script.beginCalls()
        program.runCalls(&random)
        let script = program.script
        var views = [before.buddyView("Normal"), before.frameNames(program.names)]
        if level == 3 { views.append(before.cpuView("Normal")) }
        return Exercise(
            prompt: prompt(level), script: script, views: views,
            parts: [
                counts(before.freeCounts("Normal"), script),
                lastFrame(script, program.lastAllocation),
            ],
            hints: [
                "A request takes the first block of the smallest order that has one. If that is too "
                    + "large it is halved, again and again; each upper half becomes a free block.",
                "A freed block of order n merges with its buddy, whose first frame is its own with bit n "
                    + "changed, if that is free as a whole; then the two together, and so on.",
            ] + (level == 3 ? [cpuHint] : []),
            isWorthwhile: program.isWorthwhile(before.freeCounts("Normal")))
    }

    private static let cpuHint =
        "Orders 0 to 3 are served by CPU 0's lists. An empty one is filled first, with 4 blocks of order "
        + "0 or 2 of order 1, 2 or 3; what is on it is on no list of the zone. A freed block of these "
        + "orders goes there, too, and merges with nothing."

    private static func prompt(_ level: Int) -> String {
        "All memory of zone Normal is Movable, and so is every request below, so that none takes another "
            + "type's block. The blocks named above the calls are in use. "
            + (level < 3
                ? "All orders are above 3, so that CPUs keep none of the blocks. " : "")
            + "The calls are made one after the other. Which blocks are free in zone Normal then?"
    }

    private static func counts(_ before: [UInt64], _ script: ExerciseScript) -> ExercisePart {
        let after = script.machine.freeCounts("Normal")
        let changes = script.decisions
        return ExercisePart(
            "nr_free",
            "How many free blocks of each order, 0 first, are on the zone's lists? (As in "
                + "/proc/buddyinfo.)",
            .counts(before: before), .numbers(after), weight: 3,
            why: "/proc/buddyinfo of the machine after the calls.",
            traps: [
                (.halvesForgotten, changes.undoing(.buddySplit, after).map { .numbers($0) }),
                (.notMerged, changes.undoing(.buddyMerge, after).map { .numbers($0) }),
                (
                    .pagesForBlocks,
                    .numbers(after.enumerated().map { $1 << UInt64($0) })
                ),
                (.unchanged, .numbers(before)),
            ])
    }

    private static func lastFrame(_ script: ExerciseScript, _ name: String) -> ExercisePart {
        let frame = script.frame(name) ?? 0
        let line = script.lines.last { $0.name == name }
        let half = line?.why.all(.buddySplit).last?.number("buddy_pfn")
        return .number(
            "pfn", "What is the first frame of the block that \(name) names?", 0...1_048_575, frame,
            why: half == nil
                ? "It is the first block of the list."
                : "The block that was halved begins there: the lower half is handed out.",
            traps: [(.upperHalf, half)])
    }
}

/// Requests and frees of Movable blocks in zone Normal.
private struct PageProgram {
    let level: Int
    var script: ExerciseScript
    /// Blocks in use: their names and orders.
    private var live: [(name: String, order: Int)] = []
    private var nameCount = 0
    private var pageCount = 0
    private(set) var lastAllocation = ""
    /// Names of the blocks that were in use before the calls, by first frame.
    private(set) var names: [Int: String] = [:]

    /// Pages in use at most, so that the zone stays far above its watermarks.
    private static let mostPages = 480

    init(level: Int, _ script: ExerciseScript) {
        self.level = level
        self.script = script
    }

    mutating func setUp(_ random: inout ExerciseRandom) {
        for _ in 0..<random.number(level == 1 ? 2...3 : 3...5) {
            allocate(random.number(level == 3 ? 2...6 : 4...7))
        }
        if level > 1 { free(&random) }
        for block in live {
            names[script.frame(block.name) ?? 0] = "\(block.name), order \(block.order)"
        }
    }

    mutating func runCalls(_ random: inout ExerciseRandom) {
        let count = level + 1
        let last = random.number(0...(count - 1))
        for index in 0..<count {
            // One of them is a request, so that there is a block to ask for.
            if index == last || live.isEmpty || random.isOne(in: 2) {
                allocate(random.number(level == 3 ? 0...6 : 4...6))
            } else {
                free(&random)
            }
        }
    }

    private mutating func allocate(_ wish: Int) {
        var order = wish
        while order > 0, pageCount + (1 << order) > Self.mostPages { order -= 1 }
        let name = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(nameCount)))
        nameCount += 1
        script.run("alloc_pages(GFP_KERNEL|__GFP_MOVABLE, \(order))", as: name)
        live.append((name, order))
        pageCount += 1 << order
        lastAllocation = name
    }

    private mutating func free(_ random: inout ExerciseRandom) {
        let block = live.remove(at: random.number(0...(live.count - 1)))
        script.run("__free_pages($\(block.name), \(block.order))")
        pageCount -= 1 << block.order
    }

    /// Whether several orders change, by splits and merges, and all blocks are of zone Normal.
    func isWorthwhile(_ before: [UInt64]) -> Bool {
        let normal = script.machine.zone(named: "Normal")
        let frames = Int(normal.start.rawValue)..<Int(normal.start.rawValue + normal.spanned)
        let after = script.machine.freeCounts("Normal")
        let decisions = script.decisions
        let splits = decisions.contains { $0.code == .buddySplit }
        let merges = decisions.contains { $0.code == .buddyMerge }
        let local = decisions.contains { $0.code == .pcpFree || $0.code == .pcpHit }
        let changes = zip(before, after).count { $0 != $1 }
        return script.lines.allSatisfy { line in
            line.name.map { frames.contains(script.frame($0) ?? 0) } ?? true
        } && changes >= (level == 2 ? 3 : 2) && splits && (level != 2 || merges)
            && (level < 3 || local) && !decisions.hasDrain
            && script.lines.allSatisfy { $0.why.leftOutCount == 0 }
    }
}

extension [Decision] {
    /// What the counts would be if nobody had put the upper halves of blocks on the lists, or had merged
    /// free buddies; `nil` if that cannot be.
    fileprivate func undoing(_ code: Decision.Code, _ after: [UInt64]) -> [UInt64]? {
        var counts = after.map { Int($0) }
        for decision in self where decision.code == code {
            if code == .buddySplit {
                counts[decision.number("half_order")] -= 1
            } else {
                counts[decision.number("order")] += 2
                counts[decision.number("merged_order")] -= 1
            }
        }
        return counts.allSatisfy { $0 >= 0 } ? counts.map { UInt64($0) } : nil
    }
}

extension Machine {
    /// The blocks that have names.
    fileprivate func frameNames(_ names: [Int: String]) -> Exercise.View {
        let lines = names.sorted { $0.value < $1.value }.map { frame, name in
            "\(name): from frame \(frame) on"
        }
        return Exercise.View(title: "Blocks in use that have a name", lines: lines)
    }
}
