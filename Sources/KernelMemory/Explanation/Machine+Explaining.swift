extension Machine {
    /// Runs one call as ``apply(_:)`` does, and tells how its outcome came about.
    ///
    /// The machine ends in the state in which ``apply(_:)`` would leave it; it only takes longer. To
    /// explain a call that was made, run it again on a copy from before.
    ///
    /// - Returns: what the call returned, and its decisions in order; none if the machine is halted.
    /// - Complexity: that of the call, without the short ways.
    public mutating func explain(_ call: KernelCall) -> (outcome: Outcome, why: Explanation) {
        takeOwnership()
        core.cold.explanation = Explanation()
        core.control.pointee.state |= Control.explained
        let outcome = apply(call)
        core.control.pointee.state &= ~Control.explained
        defer { core.cold.explanation = Explanation() }
        return (outcome, core.cold.explanation)
    }
}
