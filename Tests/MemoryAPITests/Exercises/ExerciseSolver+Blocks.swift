@testable import MemoryAPI

/// A zone's free blocks and a CPU's, by the rules of the textbook.
struct PaperZone {
    /// First frames by order, the next to be handed out first.
    var lists = [[Int]](repeating: [], count: 11)
    var cpu = [[Int]](repeating: [], count: 4)

    /// Reads the table of free blocks, and that of a CPU.
    init(_ lists: Exercise.View?, _ cpu: Exercise.View?) {
        for line in lists?.lines.dropFirst() ?? [] {
            let numbers = ExerciseSolver.numbers(line)
            self.lists[numbers[0]] = Array(numbers.dropFirst(2))
        }
        for line in cpu?.lines.dropFirst() ?? [] {
            let numbers = ExerciseSolver.numbers(
                line.split(separator: ":").joined().filter { !$0.isLetter })
            self.cpu[numbers[0]] = Array(numbers.dropFirst())
        }
    }

    mutating func take(_ order: Int) -> Int {
        guard order <= 3 else { return split(order) }
        if cpu[order].isEmpty {
            for _ in 0..<(order == 0 ? 4 : 2) { cpu[order].append(split(order)) }
        }
        return cpu[order].removeFirst()
    }

    private mutating func split(_ order: Int) -> Int {
        var found = order
        while lists[found].isEmpty { found += 1 }
        let pfn = lists[found].removeFirst()
        while found > order {
            found -= 1
            lists[found].insert(pfn + (1 << found), at: 0)
        }
        return pfn
    }

    mutating func give(_ pfn: Int, _ order: Int) {
        if order <= 3 { return cpu[order].insert(pfn, at: 0) }
        merge(pfn, order)
    }

    @discardableResult
    mutating func merge(_ pfn: Int, _ order: Int) -> (pfn: Int, order: Int, count: Int) {
        var (pfn, order, count) = (pfn, order, 0)
        while order < 10 {
            // The other half of the pair that makes up a block of the next order.
            let pair = pfn / (2 << order) * (2 << order)
            let buddy = pfn == pair ? pair + (1 << order) : pair
            guard let place = lists[order].firstIndex(of: buddy) else { break }
            lists[order].remove(at: place)
            (pfn, order, count) = (pair, order + 1, count + 1)
        }
        let outer = pfn / (2 << order) * (2 << order)
        let large = outer / (4 << order) * (4 << order)
        let neighbour = outer == large ? large + (2 << order) : large
        // A block that may soon be part of a larger one joins its list last.
        if order < 9, lists[order + 1].contains(neighbour) {
            lists[order].append(pfn)
        } else {
            lists[order].insert(pfn, at: 0)
        }
        return (pfn, order, count)
    }
}

extension ExerciseSolver {
    var freeLists: Answers {
        var zone = PaperZone(views[0], views.count > 2 ? views[2] : nil)
        var blocks: [String: (pfn: Int, order: Int)] = [:]
        for line in views[1].lines {
            let numbers = Self.numbers(
                line.split(separator: ":")[0] + " " + line.split(separator: ":")[1])
            blocks[String(line.prefix(1))] = (
                numbers[numbers.count - 1], numbers[numbers.count - 2]
            )
        }
        var last = 0
        for call in calls.map(Self.parts) {
            if let name = call.name, let order = Int(call.arguments[1]) {
                last = zone.take(order)
                blocks[name] = (last, order)
            } else if let block = blocks[call.arguments[0]] {
                zone.give(block.pfn, block.order)
            }
        }
        return [
            "nr_free": .numbers(zone.lists.map { UInt64($0.count) }), "pfn": .number(UInt64(last)),
        ]
    }

    /// The blocks of a table of frames.
    private func table(_ view: Exercise.View) -> [(frames: Range<Int>, order: Int?, state: String)]
    {
        view.lines.dropFirst().map { line in
            let words = line.split(separator: " ").map(String.init)
            let ends = words[0].split(separator: ".").compactMap { Int($0) }
            return (
                ends[0]..<(ends[1] + 1), Int(words[1]), words.dropFirst(2).joined(separator: " ")
            )
        }
    }

    var merge: Answers {
        let rows = table(views[0])
        let name = Self.parts(calls[0]).arguments[0]
        let order = Int(Self.parts(calls[0]).arguments[1]) ?? 0
        let pfn = rows.first { $0.state == "in use (\(name))" }?.frames.lowerBound ?? -1
        var zone = PaperZone(nil, nil)
        for row in rows where row.state == "free" {
            zone.lists[row.order ?? 0].append(row.frames.lowerBound)
        }
        let buddy = pfn / (1 << order) % 2 == 0 ? pfn + (1 << order) : pfn - (1 << order)
        let end = order <= 3 ? (pfn: pfn, order: order, count: 0) : zone.merge(pfn, order)
        let half = end.pfn / (1 << end.order) % 2 == 0 ? 1 : -1
        let next = end.pfn + half * (1 << end.order)
        let isPartlyFree = rows.contains {
            $0.state.hasPrefix("free") && $0.frames.overlaps(next..<(next + (1 << end.order)))
        }
        return [
            "buddy_pfn": .number(UInt64(buddy)), "merges": .number(UInt64(end.count)),
            "merged_order": .number(UInt64(end.order)), "merged_pfn": .number(UInt64(end.pfn)),
            "stops": .word(
                order <= 3
                    ? "stays-on-cpu-list" : isPartlyFree ? "buddy-partly-free" : "buddy-in-use"),
        ]
    }

    var wrongFree: Answers {
        var zone = PaperZone(nil, views[1])
        let words = prompt.split(separator: " ").map {
            String($0.filter { $0 != "," && $0 != "." })
        }
        let orders = words.indices.dropLast().filter { words[$0] == "order" }.compactMap {
            Int(words[$0 + 1])
        }
        let victim = Self.parts(calls[0]).arguments[0]
        let (order, freed) = (orders[0], orders[1])
        var owned: [String: Range<Int>] = [:]
        for row in table(views[0]) {
            guard row.state.hasSuffix(")"), row.state.hasPrefix("in use (") else { continue }
            owned[String(row.state.dropFirst(8).dropLast())] = row.frames
        }
        for line in views[2].lines where line.contains("(Unmovable)") {
            let order = Self.numbers(line)[0]
            let group = line.split(separator: ",").first { $0.contains("(Unmovable)") } ?? ""
            let frames = Self.numbers(group.filter { !$0.isLetter })
            zone.lists[order] = Array(line.hasPrefix(group) ? frames.dropFirst(2) : frames[...])
        }
        let range = owned.removeValue(forKey: victim) ?? 0..<0
        let behind = (range.lowerBound + 1)..<(range.lowerBound + (1 << freed))
        let isNoticed = table(views[0]).contains { row in
            behind.contains(row.frames.lowerBound) && row.state != "free, on CPU 0's list"
                && row.frames.lowerBound != range.lowerBound
        }
        if !isNoticed { zone.give(range.lowerBound, freed) }
        for call in calls.dropFirst().map(Self.parts) {
            let order = Int(call.arguments[1]) ?? 0
            let pfn = zone.take(order)
            owned[call.name ?? ""] = pfn..<(pfn + (1 << order))
        }
        let asked = question("owners")
        let all = Set(owned.values.flatMap { Array($0) })
        return [
            "log": .word(isNoticed ? "bad-page-state" : "nothing"),
            "x_pfn": .number(UInt64(owned["x"]?.lowerBound ?? 0)),
            "owners": .words(owned.filter { $0.value.contains(asked) }.keys.sorted()),
            "shared_pages": .number(
                UInt64(all.count { frame in owned.values.count { $0.contains(frame) } > 1 })),
            "lost_pages": .number(
                UInt64(isNoticed ? 1 << order : max(0, (1 << order) - (1 << freed)))),
        ]
    }
}
