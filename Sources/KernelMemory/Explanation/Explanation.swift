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

    /// Decisions of a call that are kept at most; that the machine stopped is kept in any case.
    public static let limit = 200

    /// Whether a decision of a kind is to be taken down. Otherwise it is counted: it only repeats what an
    /// earlier round of a loop decided, or there are too many.
    ///
    /// - Complexity: O(loops); calls of millions of pages ask this for each of them.
    mutating func admits(_ code: Decision.Code) -> Bool {
        var isNew = true
        for index in rounds.indices where !rounds[index].admits(code) { isNew = false }
        if isNew, decisions.count < Self.limit || code == .machineHalted { return true }
        leftOutCount += 1
        return false
    }

    /// Takes a decision down that was admitted; that a function may sleep is told once.
    mutating func append(_ decision: Decision) {
        if decision.code == .maySleep, decisions.contains(decision) { return }
        decisions.append(decision)
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
    private var told = CodeSet()

    init(first: Decision.Code, kept: [Decision.Code]) {
        self.first = first
        self.kept = kept
    }

    /// Whether a decision is one of the first round, or of a kind that no round had before.
    mutating func admits(_ code: Decision.Code) -> Bool {
        if code == first { count += 1 }
        return told.insert(code) || count <= 1 || kept.contains(code)
    }
}

/// A set of kinds of decisions, a bit for each.
private struct CodeSet: Hashable {
    private var bits: UInt128 = 0

    /// Adds a kind, and says whether it was not there.
    mutating func insert(_ code: Decision.Code) -> Bool {
        // An enumeration without payloads is its place in the list, in a byte.
        let bit = UInt128(1) << withUnsafeBytes(of: code) { UInt128($0[0]) }
        defer { bits |= bit }
        return bits & bit == 0
    }
}
