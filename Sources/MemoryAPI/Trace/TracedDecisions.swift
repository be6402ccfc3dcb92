import KernelMemory

/// The events of the page allocator that lie in the decisions of one call.
///
/// What is done for many blocks in the same way is told for the first of them only, here as there.
struct TracedDecisions {
    private(set) var events: [TraceEvent] = []
    /// Requests that have not come to anything yet.
    private var open: [(order: Int, migratetype: Int, gfp: String)] = []

    /// - Parameters:
    ///   - result: what the last request came to, if it was the caller's own.
    ///   - machine: the machine behind the call.
    init(_ why: Explanation, result: PageFrameNumber?, _ machine: Machine) {
        for (index, decision) in why.decisions.enumerated() {
            read(decision, why.decisions[index...], machine)
        }
        if let result { close(result) }
    }

    private mutating func read(
        _ decision: Decision, _ rest: ArraySlice<Decision>, _ machine: Machine
    ) {
        switch decision.code {
        case .pageRequest:
            open.append(
                (
                    decision.number("order"), Self.type(decision, "migratetype"),
                    decision["gfp"]?.description ?? "none"
                ))
        case .slabNew: close(decision.frame("slab_pfn"))
        case .tableMade: close(decision.frame("table_pfn"))
        case .allocationFailed: close(nil)
        case .fallbackSteal: events.append(fallback(decision, rest, machine))
        case .slabDiscarded:
            events.append(
                .pageFree(decision.frame("slab_pfn"), order: decision.number("order")))
        case .kfreeLarge, .lastReference:
            events.append(.pageFree(decision.frame("pfn"), order: decision.number("order")))
        default: break
        }
    }

    private mutating func close(_ pfn: PageFrameNumber?) {
        guard let request = open.popLast() else { return }
        events.append(
            .pageAlloc(
                pfn, order: request.order, migratetype: request.migratetype, gfp: request.gfp))
    }

    private func fallback(
        _ decision: Decision, _ rest: ArraySlice<Decision>, _ machine: Machine
    ) -> TraceEvent {
        let what = rest.lazy.map(\.code).first {
            switch $0 {
            case .pageBlocksTaken, .pageBlockClaimed, .pageBlockKept, .fallbackBlockOnly: true
            default: false
            }
        }
        return .fallback(
            decision.frame("pfn"), order: decision.number("wanted_order"),
            block: decision.number("order"), pageBlockOrder: machine.pageBlockOrder,
            from: Self.type(decision, "from_migratetype"), to: Self.type(decision, "migratetype"),
            isClaimed: what == .pageBlocksTaken || what == .pageBlockClaimed)
    }

    private static func type(_ decision: Decision, _ name: String) -> Int {
        let text = decision[name]?.description
        return MigrateType.allCases.first { $0.name == text }.map { Int($0.rawValue) } ?? 0
    }
}

extension Decision {
    fileprivate func frame(_ name: String) -> PageFrameNumber {
        PageFrameNumber(UInt32(truncatingIfNeeded: number(name)))
    }
}
