/// Taking decisions down where they are made.
///
/// A call that is to be explained goes the long way at every turn, as on a machine that is out of
/// order: the short ways ask for nothing but a machine in perfect order, and know nothing of this.
extension Core {
    /// Whether the call's decisions are taken down.
    @inline(__always)
    var isExplained: Bool { control.pointee.state & Control.explained != 0 }

    /// Whether each step has to go the long way: a rule was broken, or the call is to be explained.
    @inline(__always)
    var isWatched: Bool {
        control.pointee.state & (Control.corrupted | Control.explained) != 0
    }

    /// Takes a decision down if somebody wants to know.
    @inline(__always)
    func explain(
        _ code: Decision.Code, _ fields: @autoclosure () -> KeyValuePairs<String, any DecisionValue>
    ) {
        if _slowPath(isExplained), admits(code) { takeDown(code, fields()) }
    }

    @inline(never)
    private func admits(_ code: Decision.Code) -> Bool { cold.explanation.admits(code) }

    @inline(never)
    private func takeDown(
        _ code: Decision.Code, _ fields: KeyValuePairs<String, any DecisionValue>
    ) {
        let fields = fields.map { Decision.Field(name: $0.key, value: $0.value.decisionValue) }
        cold.explanation.append(Decision(code: code, fields: fields))
    }

    /// A loop begins whose every round starts with a decision of this kind: the first round is told
    /// whole, of the others what is new.
    ///
    /// - Parameter kept: kinds that are told of every round.
    @inline(__always)
    func explainRounds(
        of first: Decision.Code, keeping kept: @autoclosure () -> [Decision.Code] = []
    ) {
        if _slowPath(isExplained) { cold.explanation.beginRounds(of: first, keeping: kept()) }
    }

    /// That loop is over, or as many loops around each other.
    @inline(__always)
    func endExplainedRounds(_ count: Int = 1) {
        if _slowPath(isExplained) { cold.explanation.endRounds(count) }
    }
}

// MARK: - Names

extension Core {
    /// The name of a zone.
    func zoneName(_ zone: Int) -> String { shape.architecture.zoneName(zone) }

    /// The name of a migrate type.
    func typeName(_ type: Int) -> String {
        MigrateType(rawValue: UInt8(truncatingIfNeeded: type))?.name ?? "?"
    }
}
