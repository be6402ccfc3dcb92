import SessionJournal

extension Session.Residence {
    /// Has a spectator be told from now on.
    mutating func add(_ stream: EventStream) {
        if spectators.isEmpty { beginToTell() }
        spectators.append(stream)
        if let last = held.changes.last { wakeSpectators(behind: last.ticket) }
    }

    /// Has a spectator be told no more.
    mutating func remove(_ stream: EventStream) {
        spectators.removeAll { $0 === stream }
        if spectators.isEmpty { held.clear() }
    }

    private mutating func beginToTell() {
        held.clear()
        told = isAwake ? state?.mark : nil
        guard let mark = told, let ticket = state?.lastTicket, ticket.settlement == nil else {
            return
        }
        held.hold(.init(ticket: ticket, mark: mark, lowestStep: mark.head.step), behind: nil)
    }

    /// Tells spectators that the session has changed, if it has; once the change has come to stay.
    ///
    /// - Returns: whether the state has left memory, since a change before it was lost.
    @inline(__always)
    mutating func tellSpectators() -> Bool { _slowPath(!spectators.isEmpty) ? tell() : false }

    @inline(never)
    private mutating func tell() -> Bool {
        if releaseHeld() { return true }
        tellOfChange()
        return false
    }

    private mutating func tellOfChange() {
        guard let mark = state?.mark, mark.head != told?.head,
            let lowestStep = (state?.takeLowestStep()).map({ UInt32($0) })
        else { return }
        let before = told
        told = mark
        if let ticket = state?.lastTicket, ticket.settlement == nil {
            held.hold(
                .init(ticket: ticket, mark: mark, lowestStep: lowestStep), behind: before)
            return wakeSpectators(behind: ticket)
        }
        for stream in spectators { stream.hear(lowestStep: lowestStep) }
    }

    private func wakeSpectators(behind ticket: JournalTicket) {
        let streams = spectators
        // The writer's thread must not wait for the session.
        ticket.whenSettled { _ in for stream in streams { stream.wakeForNews() } }
    }

    /// Lets spectators hear of changes that have come to stay.
    ///
    /// - Returns: whether the state has left memory, since a change was lost.
    mutating func releaseHeld() -> Bool {
        while let (change, settlement) = held.next() {
            guard case .success = settlement else {
                defer { lose() }
                return state != nil
            }
            for stream in spectators { stream.noteLowest(change.lowestStep) }
        }
        return false
    }

    /// Up to where spectators may be told; `nil` if that has to wait for the journal store.
    var tellable: SessionMark? {
        mutating get { held.changes.isEmpty ? state?.mark : held.settled }
    }

    /// Has the state leave memory that is not what the journal store has.
    mutating func lose() {
        leave()
        told = nil
        held.clear()
        for stream in spectators { stream.hearOfLoss() }
    }

    /// Ends the session: spectators get what they have not been told, and the end, once that has come
    /// to stay.
    mutating func end(_ ticket: JournalTicket?) {
        isEnded = true
        for change in held.changes {
            for stream in spectators { stream.noteLowest(change.lowestStep) }
        }
        for stream in spectators {
            stream.end(behind: ticket)
            state?.tellRest(to: stream, behind: ticket)
        }
        lose()
        if let ticket { wakeSpectators(behind: ticket) }
    }
}

extension SessionState {
    /// Where the session stands.
    var mark: SessionMark { SessionMark(self) }

    /// Tells a spectator what it has not been told, before the session ends.
    fileprivate func tellRest(to stream: EventStream, behind ticket: JournalTicket?) {
        stream.end(self, behind: ticket)
    }
}
