import KernelMemory

/// What problems show of a machine.
extension Machine {
    /// A zone by its name; the machines of the problems have it.
    func zone(named name: String) -> ZoneSnapshot {
        guard let zone = zones.first(where: { $0.name == name }) else {
            preconditionFailure("no problem is about a zone that its machine lacks")
        }
        return zone
    }

    /// Free blocks of each order of a zone.
    func freeCounts(_ zone: String) -> [UInt64] {
        let blocks = self.zone(named: zone).freeBlocks
        return blocks.indices.map { UInt64(blocks[$0]) }
    }

    /// The buddy lists of a zone, a line for each order that has a block.
    func buddyView(_ name: String) -> Exercise.View {
        let lists = freeLists(zone: zone(named: name).index, limit: 64)
        let lines = (0...Int(Order.largest)).reversed().compactMap { order -> String? in
            let own = lists.filter { $0.order == order && $0.count > 0 }
            if own.isEmpty { return nil }
            let blocks = own.map { list in
                list.pfns.map { "\($0.rawValue)" }.joined(separator: " ")
                    + (list.migrateType == .movable ? "" : " (\(list.migrateType.name))")
            }
            let count = own.reduce(0) { $0 + $1.count }
            return "\(order)".padded(to: 5) + "\(count)".padded(to: 8) + "  "
                + blocks.joined(separator: ", ")
        }
        return Exercise.View(
            title:
                "Free blocks of zone \(name) before the calls: the first frames of each order's, "
                + "the next to be handed out first",
            lines: ["order  blocks  first frames"] + lines)
    }

    /// What CPU 0 keeps of a zone, a line for each list that has a block.
    func cpuView(_ name: String) -> Exercise.View {
        let lists = perCPULists(cpu: 0, zone: zone(named: name).index, limit: 64)
        let lines = lists.filter { $0.count > 0 }.map { list in
            "\(list.order)".padded(to: 5) + "  \(list.migrateType.name): "
                + list.pfns.map { "\($0.rawValue)" }.joined(separator: " ")
        }
        return Exercise.View(
            title: "Blocks of zone \(name) that CPU 0 keeps, the next to be handed out first",
            lines: lines.isEmpty ? ["none"] : ["order  first frames"] + lines)
    }

    /// What some frames are, a line for each block.
    ///
    /// - Parameter names: what blocks are called, by their first frames.
    func frameView(_ frames: Range<Int>, names: [Int: String]) -> Exercise.View {
        let runs = frameRuns(
            from: UInt32(frames.lowerBound), to: UInt32(frames.upperBound), limit: 64)
        let lines = runs.map { run in
            let start = Int(run.start.rawValue)
            let name = names[start].map { " (\($0))" } ?? ""
            return "\(start)...\(start + Int(run.count) - 1)".padded(to: 9)
                + (run.order.map { "  \($0)" } ?? "  -").padded(to: 7) + "    "
                + run.state.words + name
        }
        return Exercise.View(
            title: "Frames \(frames.lowerBound) to \(frames.upperBound - 1) before the calls",
            lines: ["   frames  order"] + lines)
    }

    /// Frames of a range that are in a state.
    func frames(_ frames: Range<Int>, in states: [FrameRun.State]) -> Set<Int> {
        let runs = frameRuns(
            from: UInt32(frames.lowerBound), to: UInt32(frames.upperBound), limit: frames.count)
        var found: Set<Int> = []
        for run in runs where states.contains(run.state) {
            let start = Int(run.start.rawValue)
            found.formUnion((start..<(start + Int(run.count))).filter(frames.contains))
        }
        return found
    }
}

extension FrameRun.State {
    /// What frames are, in words.
    fileprivate var words: String {
        switch self {
        case .free: "free"
        case .perCPU: "free, on CPU 0's list"
        case .allocated: "in use"
        case .reserved, .absent: "not the page allocator's"
        default: "in use by the kernel"
        }
    }
}

extension String {
    /// The text with blanks before it.
    func padded(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - utf8.count)) + self
    }
}

extension [Decision] {
    /// Whether a CPU's lists were too full, so that blocks went back to the zone that nobody asked about.
    var hasDrain: Bool {
        contains { $0.code == .pcpFull || $0.code == .pcpDrainAll || $0.code == .pcpDrain }
    }
}

extension Explanation {
    /// The decisions of a kind.
    func all(_ code: Decision.Code) -> [Decision] { decisions.filter { $0.code == code } }
}
