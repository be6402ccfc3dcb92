import KernelMemory

/// Which zone answers a request, and why not another.
enum ZoneChoiceTopic: ExerciseTopic {
    static let id = "zone-choice"
    static let title = "Which zone answers"
    static let summary =
        "Memory is short: which zone serves this request, and why were those before it passed over."

    /// What becomes of a zone when a request is made.
    enum Fate: String, CaseIterable {
        case serves
        case belowWatermark = "below-watermark"
        case noBlock = "no-block"
        case notAllowed = "not-allowed"
        case notAsked = "not-asked"
    }

    static let zones = ["DMA", "Normal", "HighMem"]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var script = ExerciseScript(.classroom, machines)
        let mask = random.pick(masks(level))
        let shortage = Shortage(level, &random)
        let order = shortage.order
        shortage.bring(&script)
        let before = script.machine
        script.beginCalls()
        let line = script.run("alloc_pages(\(mask), \(order))", as: "p")
        let choice = Choice(
            mask: mask, order: order, why: line.why, before: before,
            zone: script.frame("p").map { before.zoneName(of: PageFrameNumber(UInt32($0))) })
        return Exercise(
            prompt: choice.prompt, script: script, views: choice.views, parts: choice.parts(level),
            hints: [
                "The allocator begins with the highest zone that the mask allows and goes down. "
                    + "GFP_KERNEL and GFP_ATOMIC allow Normal and DMA, GFP_HIGHUSER all, GFP_DMA only DMA.",
                "At first a zone serves order n if its free pages - (2^n - 1) are more than its low "
                    + "watermark + the reserve that it keeps from this request, and if it has a free block "
                    + "of order n or more.",
            ] + (level == 3 ? [slowHint] : []),
            solution: choice.solution, isWorthwhile: choice.isWorthwhile(level))
    }

    private static let slowHint =
        "If no zone serves it so, the zones are tried again down to the min watermark. __GFP_HIGH, which "
        + "is in GFP_ATOMIC, may go down to a half of that, and a request that cannot wait another quarter "
        + "below what is left."

    private static func masks(_ level: Int) -> [String] {
        switch level {
        case 1: ["GFP_KERNEL", "GFP_HIGHUSER", "GFP_KERNEL|GFP_DMA"]
        case 2: ["GFP_KERNEL", "GFP_HIGHUSER", "GFP_HIGHUSER", "GFP_ATOMIC"]
        default: ["GFP_KERNEL", "GFP_HIGHUSER", "GFP_ATOMIC", "GFP_NOWAIT"]
        }
    }
}

/// How little is left of each zone, and an order to ask for then.
private struct Shortage {
    let order: Int
    /// Whether zone Normal has much memory, but in small blocks.
    private let isFragmented: Bool
    private let normal: Int
    private let highmem: Int
    private let dma: Int

    init(_ level: Int, _ random: inout ExerciseRandom) {
        isFragmented = level > 1 && random.isOne(in: 4)
        let pairs: [(order: Int, normal: Int)] =
            switch level {
            case 1: [(0, 56), (1, 72), (2, 56), (0, 216), (1, 88), (2, 72)]
            case 2: [(0, 56), (1, 56), (2, 56), (3, 72), (0, 216), (2, 72), (4, 72), (4, 216)]
            default: [(4, 72), (4, 72), (5, 88), (7, 216), (4, 56), (3, 56), (5, 216), (3, 72)]
            }
        let pair = random.pick(pairs)
        order = isFragmented ? 6 : pair.order
        normal = isFragmented ? 472 : pair.normal
        highmem = random.pick([32, 32, 64, 128])
        dma = random.pick(level == 3 ? [16, 16, 32, 112] : [64, 112, 112])
    }

    /// Makes the calls that bring a machine there.
    func bring(_ script: inout ExerciseScript) {
        Self.drain(&script, "HighMem", "GFP_HIGHUSER_MOVABLE", left: highmem)
        Self.drain(&script, "Normal", "GFP_KERNEL|__GFP_MOVABLE", left: normal)
        if isFragmented { Self.fragment(&script) }
        Self.drain(&script, "DMA", "GFP_KERNEL|GFP_DMA|__GFP_MOVABLE", left: dma)
    }

    /// Takes blocks of order 5 until no larger one is left, and gives every other one back.
    private static func fragment(_ script: inout ExerciseScript) {
        let blocks = (0..<14).map { "f\($0)" }
        for name in blocks { script.run("alloc_pages(GFP_KERNEL|__GFP_MOVABLE, 5)", as: name) }
        for index in blocks.indices where index % 2 == 1 {
            script.run("__free_pages($\(blocks[index]), 5)")
        }
    }

    private static func drain(
        _ script: inout ExerciseScript, _ zone: String, _ mask: String, left: Int
    ) {
        for order in (4...8).reversed() {
            while mayTake(order, from: script.machine, zone, left: left) {
                script.run("alloc_pages(\(mask), \(order))")
            }
        }
    }

    /// Whether a zone has a block to spare that it would give. At its min watermark it would send the request
    /// elsewhere.
    private static func mayTake(
        _ order: Int, from machine: Machine, _ name: String, left: Int
    ) -> Bool {
        let zone = machine.zone(named: name)
        let after = Int(zone.freePages) - (1 << order)
        return after >= max(left, Int(zone.watermark[0]))
            && zone.freeBlocks.indices.dropFirst(order).contains { zone.freeBlocks[$0] > 0 }
    }
}

/// A request, and what the kernel decided.
private struct Choice {
    typealias Fate = ZoneChoiceTopic.Fate

    let mask: String
    let order: Int
    private let first: [Decision]
    private let why: Explanation
    private let before: Machine
    private let zone: String?

    init(mask: String, order: Int, why: Explanation, before: Machine, zone: String?) {
        self.mask = mask
        self.order = order
        self.why = why
        self.before = before
        self.zone = zone
        first = Array(why.decisions.prefix { $0.code != .slowPath })
    }

    var prompt: String {
        "alloc_pages(\(mask), \(order)) is called. Which zone serves it, and what does the allocator find "
            + "in each of them on its first way through the zones, from the highest allowed one down?"
    }

    var views: [Exercise.View] {
        let zones = before.zones.reversed()
        let lines = zones.map { zone in
            zone.name.leading(8) + "\(zone.freePages)".padded(to: 6)
                + "\(zone.watermark[0])".padded(to: 6) + "\(zone.watermark[1])".padded(to: 6)
                + (1...2).map { reserve(zone, $0) }.joined()
        }
        let blocks = zones.map { zone in
            zone.name.leading(8)
                + before.freeCounts(zone.name).map { "\($0)".padded(to: 4) }.joined()
        }
        let orders = (0...Int(Order.largest)).map { "\($0)".padded(to: 4) }.joined()
        return [
            Exercise.View(
                title:
                    "Pages of each zone: free, its watermarks, and what it keeps (lowmem_reserve) from "
                    + "requests that Normal or HighMem could serve",
                lines: ["zone      free   min   low  Normal  HighMem"] + lines),
            Exercise.View(
                title: "Free blocks of each order", lines: ["zone    " + orders] + blocks),
        ]
    }

    private func reserve(_ zone: ZoneSnapshot, _ highest: Int) -> String {
        let column = highest == 1 ? 8 : 9
        return (zone.index < highest ? "\(zone.lowmemReserve[highest])" : "-").padded(to: column)
    }

    /// What the first way through the zones came to for one of them.
    private func fate(_ name: String) -> Fate {
        let decision = first.first { $0.word("zone") == name && $0.code.isAboutZone }
        switch decision?.code {
        case .zonePassed: return .serves
        case .zoneBelowWatermark: return .belowWatermark
        case .zoneWithoutBlock: return .noBlock
        default: return isAllowed(name) ? .notAsked : .notAllowed
        }
    }

    private func isAllowed(_ name: String) -> Bool {
        let zones = ZoneChoiceTopic.zones
        let preferred = why.all(.pageRequest).first?.word("zone") ?? ""
        return (zones.firstIndex(of: name) ?? 0) <= (zones.firstIndex(of: preferred) ?? 0)
    }

    private var isSlow: Bool { !why.all(.slowPath).isEmpty }
    private var watermark: String {
        guard zone != nil else { return "none" }
        return why.all(.zonePassed).last?.word("watermark") ?? "none"
    }

    func isWorthwhile(_ level: Int) -> Bool {
        let fates = ZoneChoiceTopic.zones.map(fate)
        // What is left out of an explanation are rounds of filling a CPU's lists, not zones.
        let isPlain = why.decisions.allSatisfy { !$0.code.isBesideZones }
        let skips = fates.count { $0 == .belowWatermark || $0 == .noBlock }
        // One that serves is the one, unless its blocks were all of the wrong kind.
        let isClear = fates.count { $0 == .serves } == (isSlow || zone == nil ? 0 : 1)
        switch level {
        case 1: return isPlain && isClear && !isSlow && zone != nil
        case 2: return isPlain && isClear && !isSlow && zone != nil && skips >= 1
        default: return isPlain && isClear && skips >= 1
        }
    }

    func parts(_ level: Int) -> [ExercisePart] {
        [
            zonePart, fatePart("dma", "DMA"), fatePart("normal", "Normal"),
            fatePart("highmem", "HighMem"),
        ]
            + (level == 3 ? [watermarkPart] : [])
    }

    private var zonePart: ExercisePart {
        let preferred = why.all(.pageRequest).first?.word("zone")
        return .choice(
            "zone", "Which zone serves the request in the end? (none: it fails)",
            ZoneChoiceTopic.zones + ["none"], zone ?? "none", weight: 2,
            why: zone.map { "The frames are of zone \($0)." } ?? "The kernel returned NULL.",
            traps: [
                (.firstZoneOnly, preferred),
                (.gaveUpAtFirst, isSlow && zone != nil ? "none" : nil),
                (.zoneNotAllowed, isAllowed("HighMem") ? nil : "HighMem"),
            ])
    }

    private func fatePart(_ field: StaticString, _ name: String) -> ExercisePart {
        let right = fate(name)
        let decision = first.first { $0.word("zone") == name && $0.code.isAboutZone }
        return .choice(
            field, "What becomes of zone \(name) at first?", Fate.allCases.map(\.rawValue),
            right.rawValue, why: decision?.text ?? text(right, name),
            traps: [
                (.reserveForgotten, right == .belowWatermark ? Fate.serves.rawValue : nil),
                (.fragmentationForgotten, right == .noBlock ? Fate.serves.rawValue : nil),
                (.zoneNotAllowed, right == .notAllowed ? Fate.serves.rawValue : nil),
                (.askedAnyway, right == .notAsked ? Fate.serves.rawValue : nil),
            ])
    }

    private func text(_ fate: Fate, _ name: String) -> String {
        fate == .notAllowed
            ? "\(mask) does not allow \(name)."
            : "A zone before it serves the request: \(name) is not looked at."
    }

    private var watermarkPart: ExercisePart {
        .choice(
            "watermark",
            "Down to which watermark does the zone that serves it go? (none: it fails)",
            ["low", "min", "none"], watermark,
            why: isSlow
                ? "No zone served it above low, so the zones were tried again, down to min."
                : "The first way through the zones goes down to low.",
            traps: [(.gaveUpAtFirst, watermark == "min" ? "low" : nil)])
    }

    var solution: [String] {
        ["The request is \(zone.map { "served by \($0)" } ?? "not served: NULL")."]
    }
}

extension Decision.Code {
    /// Whether it says what becomes of a zone.
    fileprivate var isAboutZone: Bool {
        self == .zonePassed || self == .zoneBelowWatermark || self == .zoneWithoutBlock
    }

    /// Whether the kernel came to do something that the problem does not speak of.
    fileprivate var isBesideZones: Bool {
        switch self {
        case .highAtomicOpened, .shrinkerAsked, .zoneWithoutWatermark, .boostIgnored:
            true
        default: false
        }
    }
}
