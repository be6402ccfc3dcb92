import KernelMemory

/// What a batch came to: its answers, and what its session is to become.
struct BatchResult {
    let answers: BatchAnswers
    let steps: [BatchStep]
    let machine: Machine
    let checkpoints: Checkpoints
    let room: SessionRoom

    /// Hands all calls over to the session that the batch began at or, where one failed and the batch is
    /// atomic, none.
    ///
    /// - Complexity: O(calls), whatever they did.
    func commit(to session: inout SessionState) {
        guard !answers.summary.isUndone else { return }
        session.take(steps, machine, checkpoints, room)
    }
}
