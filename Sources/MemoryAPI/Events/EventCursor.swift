import SessionJournal

/// What happened in a session, as its spectators are told.
enum SessionEvent: Equatable {
    /// A call was made: the one of this step.
    case call(UInt32)
    /// The session went back.
    case undo
    /// Calls stand again that the spectator was told before.
    case redo
    /// The spectator's state is not on the session's path any more; it goes on at the session's.
    case reset
}

/// How far a spectator has followed a session: what it is to be told next is the way from its state
/// to the session's.
///
/// There is no list of what happened. The journal has the calls, and two numbers say which of them the
/// spectator knows.
struct EventCursor {
    /// The state that the spectator was brought to.
    private(set) var position: JournalHead
    /// The last state that it was told of and that has not been overwritten since.
    private var known: JournalHead
    /// The session has not been before this step since the spectator was brought to ``position``, so
    /// that both have this state on their path; `nil` if that is not sure.
    private var commonStep: UInt32?

    /// A spectator that knows a state.
    init(_ position: JournalHead) {
        self.position = position
        known = position
    }

    /// Notes how far back the session went.
    mutating func noteLowest(_ step: UInt32) {
        if let common = commonStep { commonStep = min(common, step) }
    }

    /// Notes that the session has lost calls.
    mutating func noteLoss() { commonStep = nil }

    /// Goes one event on.
    ///
    /// - Parameter head: where the session is for the spectator: a state that the session has.
    /// - Returns: what the spectator is to be told; `nil` if it is where the session is.
    mutating func next(
        _ session: borrowing SessionState, towards head: JournalHead
    ) -> SessionEvent? {
        defer { commonStep = position.step }
        guard session.has(position) else { return goBack(session, towards: head) }
        if !session.has(known) { known = position }
        if head.step == position.step { return nil }
        if head.step < position.step {
            position = head
            return .undo
        }
        if known.step > position.step {
            position = session.head(at: Int(min(known.step, head.step)))
            return .redo
        }
        position = session.head(at: Int(position.step) + 1)
        known = position
        return .call(position.step)
    }

    /// Goes on by calls that somebody else has been told of, if those are what is to be told next.
    ///
    /// - Parameters:
    ///   - end: the state that they lead to from ``position``.
    ///   - head: where the session is for the spectator: a state that the session has.
    /// - Returns: whether they are; if not, then nothing has changed.
    mutating func follow(
        to end: JournalHead, _ session: borrowing SessionState, towards head: JournalHead
    ) -> Bool {
        guard end.step <= head.step, session.has(end), session.has(position),
            known.step <= position.step || !session.has(known)
        else { return false }
        position = end
        known = end
        commonStep = end.step
        return true
    }

    /// Goes back to where the session's path leaves that of the spectator.
    private mutating func goBack(
        _ session: borrowing SessionState, towards head: JournalHead
    ) -> SessionEvent {
        if let common = commonStep, common < position.step, common <= head.step {
            position = session.head(at: Int(common))
            known = position
            return .undo
        }
        position = head
        known = position
        return .reset
    }
}
