import KernelMemory

/// A machine that explains every call, and remembers which kinds of decisions there were.
struct Narrator {
    private(set) var machine: Machine
    /// The decisions of the last call.
    private(set) var decisions: [Decision] = []
    /// All kinds so far.
    private(set) var told: Set<Decision.Code> = []
    /// Sentences that name a number which the decision does not have.
    private(set) var unfilled: [String] = []

    init(_ configuration: MachineConfiguration) { machine = Machine(configuration) }

    init(_ machine: Machine) { self.machine = machine }

    /// Makes a call.
    @discardableResult
    mutating func make(_ call: KernelCall) -> Outcome {
        let (outcome, why) = machine.explain(call)
        decisions = why.decisions
        for decision in decisions where told.insert(decision.code).inserted {
            if decision.text.contains("{") { unfilled.append(decision.text) }
        }
        return outcome
    }

    /// Makes a call and says what was decided, in short.
    mutating func decide(_ call: KernelCall) -> [String] {
        make(call)
        return decisions.filter { $0.code != .maySleep }.map(\.brief)
    }

    /// Makes a call without an explanation.
    @discardableResult
    mutating func makeQuietly(_ call: KernelCall) -> Outcome { machine.apply(call) }

    /// Makes a call until it fails.
    mutating func exhaust(_ call: KernelCall) -> [Outcome] {
        var outcomes: [Outcome] = []
        while true {
            let outcome = machine.apply(call)
            if outcome.returned == .null { return outcomes }
            outcomes.append(outcome)
        }
    }
}

extension Decision {
    /// The code and the numbers: `buddy-split pfn=5120 order=10 half_order=9 buddy_pfn=5632`.
    var brief: String {
        ([code.rawValue] + fields.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }
}

extension Outcome {
    /// The page that was returned; `nil` for anything else.
    var page: PagePointer? {
        if case .page(let page) = returned { page } else { nil }
    }
}
