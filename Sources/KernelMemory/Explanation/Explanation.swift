/// The decisions of one call, in order: why it ended as it did.
///
/// It is bounded. What is done for many blocks in the same way is told for the first of them; of the
/// others only what is new. The rest is counted.
public struct Explanation: Hashable, Sendable {
    /// The decisions that were kept.
    public private(set) var decisions: [Decision] = []
    /// Decisions that were not.
    public private(set) var leftOutCount = 0
    /// Loops that the call is in, the innermost last.
    private var rounds: [Rounds] = []

    /// No decisions: of a call that was not made.
    public init() {}

    /// Decisions of a call that are kept at most.
    public static let limit = 200

    /// Takes a decision down, unless it only repeats what an earlier round of a loop decided; that a
    /// function may sleep is told once.
    mutating func append(_ decision: Decision) {
        if decision.code == .maySleep, decisions.contains(decision) { return }
        var isNew = true
        for index in rounds.indices where !rounds[index].admits(decision.code) { isNew = false }
        if isNew, decisions.count < Self.limit {
            decisions.append(decision)
        } else {
            leftOutCount += 1
        }
    }

    /// A loop begins whose every round starts with a decision of this kind.
    ///
    /// - Parameter kept: kinds that are told of every round.
    mutating func beginRounds(of first: Decision.Code, keeping kept: [Decision.Code]) {
        rounds.append(Rounds(first: first, kept: kept))
    }

    /// The innermost loops are over.
    mutating func endRounds(_ count: Int) { rounds.removeLast(count) }
}

/// A loop in a call: its first round is told whole.
private struct Rounds: Hashable {
    /// What every round begins with.
    let first: Decision.Code
    /// What is told of every round.
    let kept: [Decision.Code]
    private var count = 0
    private var told: Set<Decision.Code> = []

    init(first: Decision.Code, kept: [Decision.Code]) {
        self.first = first
        self.kept = kept
    }

    /// Whether a decision is one of the first round, or of a kind that no round had before.
    mutating func admits(_ code: Decision.Code) -> Bool {
        if code == first { count += 1 }
        return told.insert(code).inserted || count <= 1 || kept.contains(code)
    }
}
