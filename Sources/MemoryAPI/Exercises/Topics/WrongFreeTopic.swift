import KernelMemory

/// What comes of a free with another order than the block was allocated with.
enum WrongFreeTopic: ExerciseTopic {
    static let id = "wrong-free"
    static let title = "Freed with the wrong order"
    static let summary =
        "A block is freed with an order that is not its own: who owns which frame from then on."
    static let telling: Set<Decision.Code>? = [
        .pcpEmpty, .pcpRefill, .pcpHit, .pcpBypassed, .pcpFree, .buddyTake, .buddySplit,
        .lastReference,
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var script = ExerciseScript(.classroom, machines)
        let isTooSmall = level == 2 && random.isOne(in: 2)
        let order = isTooSmall ? random.number(1...3) : random.number(0...2)
        let freed = isTooSmall ? order - 1 : order + 1
        let names = ["a", "b", "c", "d"].prefix(level == 1 ? 1 : random.number(2...4))
        for name in names { script.run("__get_free_pages(GFP_KERNEL, \(order))", as: name) }
        let victim = level == 3 ? random.pick(Array(names.suffix(2))) : names[0]
        let before = script.machine
        var claims = Claims(script, order: order)
        script.beginCalls()
        script.run("free_pages($\(victim), \(freed))")
        claims.give(up: victim)
        let orders = random.shuffled([freed, isTooSmall ? freed : order])
        for (name, order) in zip(["x", "y"], orders) {
            script.run("__get_free_pages(GFP_KERNEL, \(order))", as: name)
            claims.take(name, script.frame(name), order: order)
        }
        let start = claims.start(of: victim)
        let asked = start + random.number(0...((1 << max(order, freed)) - 1))
        let story = Story(
            victim: victim, order: order, freed: freed, asked: asked, claims: claims,
            lost: script.machine.frames(start..<(start + (1 << order)), in: [.lost]).count,
            isOdd: script.decisions.hasDrain
                || script.decisions.contains { $0.code == .fallbackSteal },
            isNoticed: !script.machine.log(of: script.calls.first?.step ?? 0).isEmpty)
        return Exercise(
            prompt: story.prompt, script: script,
            views: [
                before.frameView(claims.shownFrames, names: claims.labels),
                before.cpuView("Normal"), before.buddyView("Normal"),
            ],
            parts: story.parts,
            hints: [
                "The kernel trusts its caller: it takes 2^order frames from the address on for free, "
                    + "whatever was allocated there. Blocks of order 0 to 3 go to the head of CPU 0's list "
                    + "of that order, and the next request of that order gets the head.",
                "It looks at each page behind the first. One with a reference, as the first of each block in "
                    + "use has it, or one that heads a block on the zone's lists is a bad page: the kernel "
                    + "reports it, and nobody gets the block. Of pages on a CPU's list it sees nothing.",
            ],
            isWorthwhile: story.isWorthwhile(level, script.machine))
    }
}

/// Who believes to own which frames.
private struct Claims {
    private var ranges: [String: Range<Int>] = [:]
    private var starts: [String: Int] = [:]
    /// Every name, in the order in which they came.
    private(set) var names: [String] = []
    /// What the blocks of the setup are called, by first frame.
    private(set) var labels: [Int: String] = [:]

    init(_ script: ExerciseScript, order: Int) {
        for name in script.lines.compactMap(\.name) {
            take(name, script.frame(name), order: order)
            labels[starts[name] ?? 0] = name
        }
    }

    mutating func take(_ name: String, _ frame: Int?, order: Int) {
        guard let frame else { return }
        ranges[name] = frame..<(frame + (1 << order))
        starts[name] = frame
        names.append(name)
    }

    mutating func give(up name: String) { ranges[name] = nil }

    /// The first frame of what a name stood for last.
    func start(of name: String) -> Int { starts[name] ?? 0 }

    /// Who owns a frame, by name.
    func owners(of frame: Int) -> [String] {
        names.filter { ranges[$0]?.contains(frame) == true }
    }

    /// Frames with more than one owner.
    var sharedCount: Int {
        let frames = ranges.values.flatMap { Array($0) }
        return Set(frames).count { frame in owners(of: frame).count > 1 }
    }

    /// The page block that the first of the names is in.
    var shownFrames: Range<Int> {
        let start = start(of: names[0]) & ~31
        return start..<(start + 32)
    }
}

private struct Story {
    let victim: String
    let order: Int
    let freed: Int
    let asked: Int
    let claims: Claims
    let lost: Int
    /// Whether a CPU's lists overflowed, or a block of another migrate type had to serve a request.
    let isOdd: Bool
    /// Whether the kernel reported a bad page.
    let isNoticed: Bool

    private var isTooSmall: Bool { freed < order }
    private var start: Int { claims.start(of: victim) }

    var prompt: String {
        "The owner of \(victim) allocated it with order \(order), and frees it with order \(freed). "
            + "All requests are for Unmovable memory. Whoever called __get_free_pages owns 2^order frames from then on, "
            + "until he frees them himself, with whatever order."
    }

    /// Whether somebody shares, or something is lost.
    func isWorthwhile(_ level: Int, _ machine: Machine) -> Bool {
        !machine.isHalted && !isOdd && claims.start(of: "x") != 0 && claims.start(of: "y") != 0
            && (level == 1 ? claims.sharedCount > 0 : claims.sharedCount > 0 || lost > 0)
    }

    var parts: [ExercisePart] { [logPart, firstPart, ownersPart, sharedPart, lostPart] }

    private var logPart: ExercisePart {
        .choice(
            "log", "What does the kernel print at the free?", ["nothing", "bad-page-state"],
            isNoticed ? "bad-page-state" : "nothing",
            why: isNoticed
                ? "A page behind the first heads a block that is in use, or free in the zone."
                : "No page of the \(1 << freed) looks wrong.",
            traps: [(.kernelNoticesAll, isNoticed ? nil : "bad-page-state")])
    }

    private var firstPart: ExercisePart {
        .number(
            "x_pfn", "What is the first frame of x?", 0...1_048_575, claims.start(of: "x"),
            why:
                "x gets the head of the CPU's list of its order\(isNoticed ? ", where \(victim) is not" : "").",
            traps: [
                (.ownFrame, start), (.wrongNeighbour, start + (1 << order)),
                (.wrongNeighbour, start + (1 << freed)),
            ])
    }

    private var ownersPart: ExercisePart {
        let owners = claims.owners(of: asked)
        return ExercisePart(
            "owners", "Who owns frame \(asked) after the calls?",
            .selection(["a", "b", "c", "d", "x", "y"]),
            .words(owners), weight: 2,
            why: owners.isEmpty
                ? "Nobody was given it since \(victim) was freed."
                : owners.map { "\($0) begins at frame \(claims.start(of: $0))" }
                    .joined(separator: ", ") + ".",
            traps: [
                (.formerOwner, .words([victim] + owners.filter { $0 != victim })),
                (.newestOwnerOnly, owners.last.map { .words([$0]) }),
                (.oldestOwnerOnly, owners.first.map { .words([$0]) }),
            ])
    }

    private var sharedPart: ExercisePart {
        .number(
            "shared_pages", "How many frames have two owners or more?", 0...1_024,
            claims.sharedCount,
            why: isTooSmall || isNoticed
                ? "Nobody's frames were given away."
                : "\(1 << freed) frames were freed, \(1 << order) of them the caller's. The others are "
                    + "shared if they have an owner and were handed out again.",
            traps: [
                (.freedForShared, 1 << freed), (.orderForPages, freed),
                (.foreignForShared, isTooSmall ? nil : (1 << freed) - (1 << order)),
            ])
    }

    private var lostPart: ExercisePart {
        .number(
            "lost_pages", "How many of \(victim)'s frames are lost: nobody's, and on no list?",
            0...1_024,
            lost,
            why: isTooSmall
                ? "\(1 << order) - \(1 << freed): the kernel never hears of the rest."
                : isNoticed
                    ? "The kernel keeps a block with a bad page." : "All of them were freed.",
            traps: [
                (.blocksForPages, isTooSmall ? 1 : nil)
            ])
    }
}
