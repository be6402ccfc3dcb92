import KernelMemory

/// What the report of a session says, in one sentence each.
extension Examiner {
    /// How many things a sentence lists.
    private static var shownCount: Int { 3 }

    mutating func leaks(_ view: SessionView, _ when: String) -> Finding {
        if let found = leaksFound[when] { return found }
        let found = findLeaks(view, when)
        leaksFound[when] = found
        return found
    }

    private mutating func findLeaks(_ view: SessionView, _ when: String) -> Finding {
        let first = UInt32(run.firstStep)
        let left = live(view).allocations.filter { $0.step > first }
            .sorted { $0.step < $1.step }
        guard !left.isEmpty else {
            return Finding(holds: true, sentence: "everything is given back \(when)")
        }
        let shown = left.prefix(Self.shownCount).map { allocation in
            let bytes = allocation.bytes > 0 ? " (\(counted(Int(allocation.bytes), "byte")))" : ""
            return "\(call(allocation.step, view))\(bytes)"
        }
        return Finding(
            holds: false,
            sentence: "\(counted(left.count, "allocation")) not given back \(when): "
                + list(shown, of: left.count))
    }

    func misuse(_ view: SessionView, _ when: String) -> Finding {
        let misuses = view.machine.misuses.filter { $0.step > run.firstStep }
        guard !misuses.isEmpty else {
            return Finding(holds: true, sentence: "no rule is broken \(when)")
        }
        return broken(misuses, "\(counted(misuses.count, "misuse")) \(when)", view)
    }

    func sleeping(_ view: SessionView, _ when: String) -> Finding {
        let misuses = view.machine.misuses.filter {
            $0.step > run.firstStep
                && ($0.code == .sleepInAtomic || $0.code == .schedulingWhileAtomic
                    || $0.code == .vmallocInInterrupt)
        }
        guard !misuses.isEmpty else {
            return Finding(holds: true, sentence: "nothing slept in atomic context \(when)")
        }
        return broken(misuses, "slept in atomic context \(when)", view)
    }

    private func broken(_ misuses: [Misuse], _ what: String, _ view: SessionView) -> Finding {
        let shown = misuses.prefix(Self.shownCount).map { misuse in
            let explanation = misuse.explanation
            let sentence = explanation.hasSuffix(".") ? explanation.dropLast() : explanation[...]
            return "\(misuse.code.rawValue) by \(call(misuse.step, view)): \(sentence)"
                + steps(of: misuse)
        }
        return Finding(holds: false, sentence: "\(what): \(list(shown, of: misuses.count))")
    }

    func peak(_ limit: UInt64) -> Finding {
        let peak = run.peakPages
        return Finding(
            holds: peak <= limit,
            sentence: "\(counted(peak, "page")) taken at the most"
                + (peak <= limit ? "" : "; there may be \(limit)"))
    }

    func callCount(_ limit: UInt64) -> Finding {
        let count = run.calls.count
        return Finding(
            holds: count <= limit,
            sentence: counted(count, "call") + (count <= limit ? "" : "; there may be \(limit)"))
    }

    mutating func calls(
        of function: String, _ matchers: [Matcher], _ view: SessionView
    ) throws(Problem) -> Finding {
        if functions == nil { functions = try calledFunctions() }
        let count = functions?.prefix(max(0, view.step - run.firstStep)).count { $0 == function }
        return match(.whole(UInt64(count ?? 0)), "the number of calls of \(function)", matchers)
    }

    private func calledFunctions() throws(Problem) -> [Substring] {
        let view = try run.state.view()
        return (run.firstStep..<view.step).map { index in
            view.call(of: UInt32(index) + 1)?.description.prefix { $0 != "(" } ?? ""
        }
    }

    func fragmentation(
        _ limit: Double, _ zone: String?, _ order: Int?, _ view: SessionView,
        _ assertion: Assertion
    ) throws(Problem) -> Finding {
        let machine = view.machine
        let zones = machine.zones.filter { zone == nil || $0.name == zone }
        guard !zones.isEmpty else {
            let names = machine.zones.map(\.name).joined(separator: ", ")
            throw Problem(grading: assertion.pointer + "/zone", zone, "one of \(names)")
        }
        let order = order ?? machine.pageBlockOrder
        var worst = (name: "", index: -1)
        for zone in zones {
            let index = Fragmentation(freeBlocks: zone.freeBlocks).unusableFreeIndex(order: order)
            if index > worst.index { worst = (zone.name, index) }
        }
        let share = Double(worst.index) / 1_000
        return Finding(
            holds: share < limit,
            sentence:
                "\(share) of the free memory of zone \(worst.name) is of no use to a request of "
                + "order \(order) \(assertion.moment.shown)"
                + (share < limit ? "" : "; it must be below \(limit)"))
    }

    /// Which calls the steps are that an explanation names, where they have other numbers.
    private func steps(of misuse: Misuse) -> String {
        let steps = [misuse.allocatedAtStep, misuse.freedAtStep].compactMap(\.self)
        let calls = steps.compactMap { step -> String? in
            guard step > run.firstStep,
                let index = run.calls.firstIndex(where: { $0.step >= Int(step) }),
                index + 1 != Int(step)
            else { return nil }
            return "step \(step) is call \(index + 1)"
        }
        return calls.isEmpty ? "" : " (\(calls.joined(separator: ", ")))"
    }

    /// A call as a sentence names it: with its number if it is one of the submission's.
    private func call(_ step: UInt32, _ view: SessionView) -> String {
        let text = view.call(of: step)?.description ?? "step \(step)"
        let number = run.calls.firstIndex { $0.step >= Int(step) }
        return number.map { "\(text) of call \($0 + 1)" } ?? text
    }

    private func list(_ shown: [String], of count: Int) -> String {
        let more = count - shown.count
        return shown.joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
    }
}
