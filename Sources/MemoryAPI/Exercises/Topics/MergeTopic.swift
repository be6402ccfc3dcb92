import KernelMemory

/// What a freed block becomes.
enum MergeTopic: ExerciseTopic {
    static let id = "merge"
    static let title = "What this free merges into"
    static let summary =
        "A block is freed: which is its buddy, how often do the two merge, and where does it end."
    static let telling: Set<Decision.Code>? = [
        .pcpBypassed, .pcpFree, .buddyMerge, .buddyInUse, .buddyToHead, .buddyToTail,
    ]

    /// Why merging ends.
    enum Stop: String, CaseIterable {
        case inUse = "buddy-in-use"
        case partlyFree = "buddy-partly-free"
        case staysOnCPU = "stays-on-cpu-list"
    }

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var script = ExerciseScript(.classroom, machines)
        let order = random.pick(level == 1 ? [4] : level == 2 ? [4, 5, 5] : [2, 3, 4, 4, 5, 5])
        let names = "abcdefghijklmn".map { String($0) }.prefix(level == 1 ? 8 : 14)
        for name in names {
            script.run("alloc_pages(GFP_KERNEL|__GFP_MOVABLE, \(order))", as: name)
        }
        let shuffled = random.shuffled(Array(names))
        let freedCount = random.number(level == 1 ? 2...4 : 5...11)
        for name in shuffled.prefix(freedCount) { script.run("__free_pages($\(name), \(order))") }
        let left = Array(shuffled.dropFirst(freedCount))
        let name = random.pick(left)
        let before = script.machine
        let pfn = script.frame(name) ?? 0
        script.beginCalls()
        script.run("__free_pages($\(name), \(order))")
        let merge = Merge(pfn: pfn, order: order, before: before, why: script.calls.last?.why)
        let labels = Dictionary(left.map { (script.frame($0) ?? 0, $0) }) { first, _ in first }
        return Exercise(
            prompt: "Page \(name) is the first of a block of order \(order), frames \(pfn) to "
                + "\(pfn + (1 << order) - 1). It is freed. What becomes of it?",
            script: script, views: [before.frameView(merge.shownFrames, names: labels)],
            parts: merge.parts(level),
            hints: [
                "The buddy of a block of order n is the block whose first frame differs in bit n alone: "
                    + "pfn XOR 2^n. It may lie before the block or behind it.",
                "Two buddies that are both free, each as a whole, become one block of the next order. It "
                    + "begins where the lower one does, and has a buddy of its own.",
            ]
                + (level == 3
                    ? [
                        "Blocks of order 0 to 3 are given to the CPU's list; merging is the zone's business."
                    ]
                    : []),
            solution: merge.solution,
            isWorthwhile: merge.isWorthwhile(level))
    }
}

/// What became of a freed block.
private struct Merge {
    let pfn: Int
    let order: Int
    private let before: Machine
    private let merges: [Decision]
    private let staysOnCPU: Bool
    private let hasDrain: Bool

    init(pfn: Int, order: Int, before: Machine, why: Explanation?) {
        self.pfn = pfn
        self.order = order
        self.before = before
        merges = why?.all(.buddyMerge) ?? []
        staysOnCPU = why?.all(.pcpFree).isEmpty == false
        hasDrain = why?.decisions.hasDrain == true
    }

    private var buddy: Int { pfn ^ (1 << order) }
    private var mergedPFN: Int { merges.last?.number("merged_pfn") ?? pfn }
    private var mergedOrder: Int { merges.last?.number("merged_order") ?? order }

    /// Frames around the block, up to the buddy with which it did not merge any more.
    var shownFrames: Range<Int> {
        let span = 1 << max(mergedOrder + 1, order + 2)
        let start = pfn & ~(span - 1)
        return start..<min(start + span, Int(before.frameEnd))
    }

    private var stop: MergeTopic.Stop {
        if staysOnCPU { return .staysOnCPU }
        let last = mergedPFN ^ (1 << mergedOrder)
        let frames = last..<(last + (1 << mergedOrder))
        return before.frames(frames, in: [.free, .perCPU]).isEmpty ? .inUse : .partlyFree
    }

    /// How often it would merge if no CPU kept it.
    private var zoneMerges: (count: Int, pfn: Int) {
        var (count, start) = (0, pfn)
        while order + count < 10 {
            let buddy = start ^ (1 << (order + count))
            let run = before.frameRun(at: PageFrameNumber(UInt32(buddy)))
            guard run.state == .free, run.order == order + count else { break }
            start = min(start, buddy)
            count += 1
        }
        return (count, start)
    }

    func isWorthwhile(_ level: Int) -> Bool {
        let isInside =
            before.zoneName(of: PageFrameNumber(UInt32(shownFrames.upperBound - 1))) == "Normal"
            && before.zoneName(of: PageFrameNumber(UInt32(shownFrames.lowerBound))) == "Normal"
        if hasDrain { return false }
        switch level {
        case 1: return isInside && merges.count <= 2
        case 2: return isInside && merges.count >= 2
        default: return isInside && (staysOnCPU ? true : !merges.isEmpty)
        }
    }

    func parts(_ level: Int) -> [ExercisePart] {
        [buddyPart, countPart, orderPart, pfnPart] + (level == 3 ? [stopPart] : [])
    }

    private var buddyPart: ExercisePart {
        let other = buddy > pfn ? pfn - (1 << order) : pfn + (1 << order)
        return .number(
            "buddy_pfn", "What is the first frame of the freed block's buddy (order \(order))?",
            0...1_048_575, buddy,
            why: "\(pfn) XOR 2^\(order) = \(buddy): block \(pfn >> order) of that order is "
                + "\((pfn >> order) % 2 == 0 ? "even, its buddy follows" : "odd, its buddy is before it").",
            traps: [(.wrongNeighbour, other), (.ownFrame, pfn), (.orderForPages, pfn ^ order)])
    }

    private var countPart: ExercisePart {
        let merges = merges.count
        return .number(
            "merges", "How often does it merge in this call?", 0...10, merges,
            why: staysOnCPU
                ? "Order \(order) stays on the CPU's list, whatever its buddy is."
                : "\(counted(merges, "time")) in a row the next buddy is free as a whole, then not.",
            traps: [
                (.cpuListForgotten, staysOnCPU ? zoneMerges.count : nil),
                (.mergedOnceOnly, merges > 1 ? 1 : nil), (.notMerged, 0),
            ])
    }

    private var orderPart: ExercisePart {
        .number(
            "merged_order", "What is the order of the free block in the end?", 0...1_024,
            mergedOrder,
            why: "Each merge adds 1 to the order: \(order) + \(merges.count).",
            traps: [
                (.cpuListForgotten, staysOnCPU ? order + zoneMerges.count : nil),
                (.notMerged, order), (.mergedOnceOnly, merges.count > 1 ? order + 1 : nil),
                (.pagesForOrder, 1 << mergedOrder),
            ])
    }

    private var pfnPart: ExercisePart {
        .number(
            "merged_pfn", "What is its first frame?", 0...1_048_575, mergedPFN,
            why: "It begins where the lowest of the blocks does.",
            traps: [
                (.cpuListForgotten, staysOnCPU ? zoneMerges.pfn : nil), (.ownFrame, pfn),
                (.mergedOnceOnly, merges.count > 1 ? min(pfn, buddy) : nil),
            ])
    }

    private var stopPart: ExercisePart {
        let words = MergeTopic.Stop.allCases.map(\.rawValue)
        let why =
            switch stop {
            case .staysOnCPU: "Order \(order) is at most 3: CPU 0 keeps the block."
            case .inUse: "All frames of the next buddy are in use."
            case .partlyFree: "Some frames of the next buddy are free, but not all in one block."
            }
        return .choice(
            "stops", "Why does it merge no further?", words, stop.rawValue, why: why,
            traps: [(.cpuListForgotten, staysOnCPU ? MergeTopic.Stop.inUse.rawValue : nil)])
    }

    var solution: [String] {
        [
            "The block ends as order \(mergedOrder) at frame \(mergedPFN), after "
                + "\(counted(merges.count, "merge"))."
        ]
    }
}
