/// A session is awake, or it rests without a machine, or only the journal store has it.
extension Session.Residence {
    /// - Parameter state: one with its machine; `nil` if only the journal store has it.
    init(_ state: consuming SessionState?) {
        isAwake = state != nil
        self.state = consume state
    }

    /// A state comes into memory, with its machine.
    mutating func come(_ state: consuming SessionState) {
        self.state = consume state
        isAwake = true
    }

    /// The state leaves memory.
    mutating func leave() {
        state = nil
        isAwake = false
    }

    /// Gives up the machine, if the session is not better off with it.
    mutating func rest() {
        guard isAwake, spectators.isEmpty, state?.mayRest == true else { return }
        state?.rest()
        isAwake = false
    }

    /// Has a machine again; there must be a state.
    mutating func wake() throws(Problem) {
        guard !isAwake else { return }
        try state?.wake()
        isAwake = true
    }
}
