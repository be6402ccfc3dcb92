import KernelMemory

/// What comes of freeing an object twice.
enum DoubleFreeTopic: ExerciseTopic {
    static let id = "double-free"
    static let title = "Freed twice"
    static let summary =
        "An object is freed twice: which objects the next calls of kmalloc return, and who shares."
    static let telling: Set<Decision.Code>? = [
        .slabCPUFreelist, .slabFreeToCPU, .slabNew, .arrayHit, .arrayPut,
    ]

    private static let letters = ["a", "b", "c", "d"]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        let kind =
            level == 3 && random.isOne(in: 2) ? ExerciseMachines.Kind.classicClassroom : .classroom
        var script = ExerciseScript(kind, machines)
        let size = random.pick([24, 40, 60, 90, 120, 180, 250, 500])
        let names = Array(letters.prefix(level + 1))
        for name in names { script.run("kmalloc(\(size), GFP_KERNEL)", as: name) }
        let frees = frees(level, names, &random)
        let view = freeView(script)
        script.beginCalls()
        for name in frees { script.run("kfree($\(name))") }
        let asked = ["x", "y", "z", "w"].prefix(level == 1 ? 2 : level == 2 ? 3 : 4)
        for name in asked { script.run("kmalloc(\(size), GFP_KERNEL)", as: name) }
        let story = DoubleFree(script: script, names: names, frees: frees, asked: Array(asked))
        return Exercise(
            prompt: story.prompt, script: script, views: [view], parts: story.parts,
            hints: [
                kind == .classroom
                    ? "SLUB links free objects through a pointer in each of them. kfree writes the head's "
                        + "address into the object and makes the object the head; it looks at nothing else."
                    : "SLAB keeps the addresses of free objects in an array of the CPU. kfree puts an "
                        + "address on top, kmalloc takes the one on top; nobody looks whether it is there "
                        + "already.",
                "Draw the list after each kfree, then take from it.",
            ],
            isWorthwhile: !script.machine.isHalted && story.hasSharing)
    }

    /// Which objects are freed, in order: one of them twice.
    private static func frees(
        _ level: Int, _ names: [String], _ random: inout ExerciseRandom
    ) -> [String] {
        let order = random.shuffled(names)
        switch level {
        case 1: return random.isOne(in: 2) ? [order[0], order[0]] : [order[0], order[1], order[0]]
        case 2:
            return random.pick([[order[0], order[1], order[0]], [order[0], order[0], order[1]]])
        default:
            return random.pick([
                [order[0], order[1], order[2], order[0]], [order[0], order[1], order[2], order[1]],
                [order[0], order[1], order[1], order[2]],
            ])
        }
    }

    private static func freeView(_ script: ExerciseScript) -> Exercise.View {
        let lines = script.lines.compactMap(\.name).map { name in
            "\(name) = \(VirtualAddress(script[name]))"
        }
        return Exercise.View(title: "Objects in use; all are of one slab", lines: lines)
    }
}

private struct DoubleFree {
    let script: ExerciseScript
    let names: [String]
    let frees: [String]
    let asked: [String]

    private static let other = "another"
    private static let fields: [StaticString] = ["x", "y", "z", "w"]

    var prompt: String {
        "After the calls before, \(names.joined(separator: ", ")) are objects of one cache. Then some are "
            + "freed, one of them twice, and \(counted(asked.count, "object")) of the same size asked for. "
            + "The kernel is a plain one, without checks. Which objects are "
            + "\(asked.joined(separator: ", "))?"
    }

    /// Which of the first objects a later one is.
    private func word(_ name: String) -> String {
        names.first { script[$0] == script[name] } ?? Self.other
    }

    /// Whether two owners get the same object.
    var hasSharing: Bool { Set(asked.map { script[$0] }).count < asked.count || sharedCount > 0 }

    /// Objects that two names stand for that were not freed since.
    private var sharedCount: Int {
        let owners = asked + names.filter { !frees.contains($0) }
        let addresses = owners.map { script[$0] }
        return Set(addresses).count { address in addresses.count { $0 == address } > 1 }
    }

    var parts: [ExercisePart] {
        let once = naive(frees.uniqued().reversed())
        let oldest = naive(frees)
        return zip(Self.fields, asked).enumerated().map { index, pair in
            let (field, name) = pair
            return .choice(
                field, "Which object is \(name)?", ["a", "b", "c", "d", Self.other], word(name),
                why: why(name),
                traps: [
                    (.secondFreeIgnored, once[index]), (.oldestFirst, oldest[index]),
                    (.neverShared, Self.other),
                ])
        } + [sharedPart]
    }

    /// What would come off a list in this order, and then other objects.
    private func naive(_ list: [String]) -> [String] {
        asked.indices.map { $0 < list.count ? list[$0] : Self.other }
    }

    private func why(_ name: String) -> String {
        let address = VirtualAddress(script[name])
        let word = word(name)
        return word == Self.other
            ? "\(name) = \(address), which was none of \(names.joined(separator: ", "))."
            : "\(name) = \(address), the object that was \(word)."
    }

    private var sharedPart: ExercisePart {
        .number(
            "shared_objects", "How many objects have two owners or more then?", 0...100,
            sharedCount,
            why:
                "Owners are \((asked + names.filter { !frees.contains($0) }).joined(separator: ", ")).",
            traps: [(.neverShared, 0), (.ownersForObjects, asked.count)])
    }
}

extension Sequence where Element: Hashable {
    /// The elements, each where it comes first.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
