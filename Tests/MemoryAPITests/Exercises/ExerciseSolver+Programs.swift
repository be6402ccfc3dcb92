@testable import MemoryAPI

/// Problems about runs of calls.
extension ExerciseSolver {
    var doubleFree: Answers {
        var objects: [String: Int] = [:]
        for line in views[0].lines {
            objects[String(line.prefix(1))] = Self.numbers(String(line.dropFirst(4))).last
        }
        let first = objects
        // SLUB: each free object points to the next one. SLAB: a pile of addresses.
        var head = 0
        var next: [Int: Int] = [:]
        var pile: [Int] = []
        var fresh = -1
        var owners = first
        for call in calls.map(Self.parts) {
            if let name = call.name {
                var object = isClassic ? pile.popLast() ?? 0 : head
                if object == 0 {
                    object = fresh
                    fresh -= 1
                } else {
                    head = next[object] ?? 0
                }
                objects[name] = object
                owners[name] = object
            } else if let object = objects[call.arguments[0]] {
                next[object] = head
                head = object
                pile.append(object)
                owners[call.arguments[0]] = nil
            }
        }
        var answers: Answers = [:]
        for name in ["x", "y", "z", "w"] {
            let old = first.first { $0.value == objects[name] }?.key
            answers[name] = .word(old ?? "another")
        }
        let shared = Set(owners.values).count { object in owners.values.count { $0 == object } > 1 }
        answers["shared_objects"] = .number(UInt64(shared))
        return answers
    }

    var leaks: Answers {
        var live: [Int: (pages: Int, bytes: Int)] = [:]
        var names: [String: Int] = [:]
        for (index, call) in calls.map(Self.parts).enumerated() {
            let line = index + 1
            let size = call.arguments.compactMap { Int($0) }.first ?? 0
            switch call.function {
            case "kmalloc": live[line] = (0, size)
            case "krealloc":
                live[names[call.arguments[0]] ?? 0] = nil
                live[line] = (0, size)
            case "vmalloc": live[line] = ((size + 4_095) / 4_096, 0)
            case "__get_free_pages": live[line] = (1 << size, 0)
            default: if let owner = names[call.arguments[0]] { live[owner] = nil }
            }
            if let name = call.name { names[name] = line }
        }
        return [
            "lines": .numbers(live.keys.sorted().map { UInt64($0) }),
            "pages": .number(UInt64(live.values.reduce(0) { $0 + $1.pages })),
            "bytes": .number(UInt64(live.values.reduce(0) { $0 + $1.bytes })),
        ]
    }

    /// What each call switches on, and whether it ends there.
    private static let sections: [String: (reasons: [String], isEnd: Bool)] = [
        "spin_lock": (["spin-lock"], false), "spin_unlock": (["spin-lock"], true),
        "spin_lock_bh": (["spin-lock"], false), "spin_unlock_bh": (["spin-lock"], true),
        "spin_lock_irq": (["irqs-off", "spin-lock"], false),
        "spin_unlock_irq": (["irqs-off", "spin-lock"], true),
        "preempt_disable": (["preempt-disabled"], false),
        "preempt_enable": (["preempt-disabled"], true),
        "local_irq_disable": (["irqs-off"], false), "local_irq_enable": (["irqs-off"], true),
        "enter_irq": (["hardirq"], false), "exit_irq": (["hardirq"], true),
        "enter_softirq": (["softirq"], false), "exit_softirq": (["softirq"], true),
        "kmap_atomic": (["kmap-atomic"], false), "kunmap_atomic": (["kmap-atomic"], true),
    ]

    var maySleep: Answers {
        var held: [String] = []
        var isBottomHalfOff = false
        var bugs: [UInt64] = []
        var reasons: Set<String> = []
        for (index, call) in calls.map(Self.parts).enumerated() {
            if let section = Self.sections[call.function] {
                if section.isEnd {
                    for reason in section.reasons {
                        if let place = held.lastIndex(of: reason) { held.remove(at: place) }
                    }
                } else {
                    held += section.reasons
                }
                if call.function.hasSuffix("_bh") { isBottomHalfOff = !section.isEnd }
                continue
            }
            let isInterrupt =
                held.contains("hardirq") || held.contains("softirq") || isBottomHalfOff
            guard !held.isEmpty, Self.maySleep(call, isInterrupt: isInterrupt) else { continue }
            if bugs.isEmpty { reasons = Set(held) }
            bugs.append(UInt64(index + 1))
        }
        return [
            "lines": .numbers(bugs),
            "reasons": .words(MaySleepTopic.reasons.filter(reasons.contains)),
        ]
    }

    private static func maySleep(
        _ call: (name: String?, function: String, arguments: [String]), isInterrupt: Bool
    ) -> Bool {
        switch call.function {
        case "kmap", "vmalloc": true
        case "vfree": !isInterrupt
        case "kfree": false
        default: call.arguments.contains { ["GFP_KERNEL", "GFP_NOIO", "GFP_NOFS"].contains($0) }
        }
    }

    /// The columns of a table whose rows have names.
    private func rows(_ view: Exercise.View) -> [String: [Int]] {
        Dictionary(
            uniqueKeysWithValues: view.lines.dropFirst().map { line in
                let words = line.split(separator: " ")
                return (String(words[0]), words.dropFirst().map { Int($0) ?? 0 })
            })
    }

    /// The first way through the zones; from the second way on, nothing but what it comes to is known here
    /// for requests without rights of their own.
    var zoneChoice: Answers {
        let call = Self.parts(calls[0])
        let mask = call.arguments[0]
        let order = Int(call.arguments[1]) ?? 0
        let numbers = rows(views[0])
        let blocks = rows(views[1])
        let zones = ["DMA", "Normal", "HighMem"]
        let highest = mask.contains("DMA") ? 0 : mask.contains("HIGH") ? 2 : 1
        var answers: Answers = ["dma": .word("not-asked"), "normal": .word("not-asked")]
        for zone in zones.indices where zone > highest {
            answers[zones[zone].lowercased()] = .word("not-allowed")
        }
        func isAbove(_ zone: String, _ mark: Int) -> Bool {
            let row = numbers[zone] ?? []
            let reserve = highest == 0 ? 0 : row[2 + highest]
            return row[0] - ((1 << order) - 1) > mark + reserve
        }
        var served: String?
        for zone in zones[...highest].reversed() where served == nil {
            let hasBlock = blocks[zone]?[order...].contains { $0 > 0 } ?? false
            let isAbove = isAbove(zone, numbers[zone]?[2] ?? 0)
            answers[zone.lowercased()] = .word(
                !isAbove ? "below-watermark" : hasBlock ? "serves" : "no-block")
            if isAbove, hasBlock { served = zone }
        }
        var watermark = served == nil ? "none" : "low"
        if served == nil, mask != "GFP_ATOMIC" {
            served = zones[...highest].reversed().first { zone in
                isAbove(zone, numbers[zone]?[1] ?? 0)
                    && blocks[zone]?[order...].contains { $0 > 0 } ?? false
            }
            if served != nil { watermark = "min" }
        }
        if served != nil || mask != "GFP_ATOMIC" {
            answers["zone"] = .word(served ?? "none")
            answers["watermark"] = .word(watermark)
        }
        return answers
    }
}
