import SessionJournal

extension Session.Residence {
    /// Has a spectator be told from now on.
    mutating func add(_ stream: EventStream) {
        spectators.append(stream)
        toldHead = state?.head
    }

    /// Tells spectators that the session has changed, if it has.
    @inline(__always)
    mutating func tellSpectators() {
        if _slowPath(!spectators.isEmpty) { tell() }
    }

    @inline(never)
    private mutating func tell() {
        guard let head = state?.head, head != toldHead,
            let lowestStep = state?.takeLowestStep()
        else { return }
        toldHead = head
        for stream in spectators { stream.hear(lowestStep: UInt32(lowestStep)) }
    }

    /// Has the state leave memory that is not what the journal store has.
    mutating func lose() {
        state = nil
        toldHead = nil
        for stream in spectators { stream.hearOfLoss() }
    }

    /// Ends the session.
    mutating func end() {
        isEnded = true
        lose()
    }
}
