import KernelMemory

/// The last few calls, to be shown around a difference.
struct CallHistory {
    private var calls: [(line: Int, call: KernelCall)] = []
    private var next = 0
    private static let capacity = 12

    mutating func add(_ call: KernelCall, line: Int) {
        if calls.count < Self.capacity {
            calls.append((line, call))
        } else {
            calls[next] = (line, call)
        }
        next = (next + 1) % Self.capacity
    }

    /// One line for each call, the newest last.
    var lines: [String] {
        let start = calls.count < Self.capacity ? 0 : next
        return calls.indices.map { index in
            let entry = calls[(start + index) % calls.count]
            return "  line \(entry.line): \(entry.call)"
        }
    }
}

extension Machine {
    /// The zones as a kernel developer would want them beside a difference.
    var zoneLines: [String] { zones.flatMap(\.lines) }
}

extension ZoneSnapshot {
    fileprivate var lines: [String] {
        let marks = (0..<4).map { String(watermark[$0] + boost) }.joined(separator: "/")
        let blocks = freeBlocks.indices.map { String(freeBlocks[$0]) }.joined(separator: " ")
        let first =
            "  \(name): free \(freePages) (counter \(countedFreePages)), "
            + "min/low/high/promo \(marks), boost \(boost), "
            + "highatomic \(reservedHighAtomic), flags \(flags)"
        return [first, "    blocks per order " + blocks] + perCPU.map(\.line)
    }
}

extension PerCPUSnapshot {
    fileprivate var line: String {
        "    cpu \(cpu): count \(count), high \(high), batch \(batch), "
            + "free_factor \(freeFactor), delta \(freeDelta), threshold \(statThreshold)"
    }
}
