import SessionJournal

/// Where a session stands, as spectators are told.
struct SessionMark: Equatable, Sendable {
    let head: JournalHead
    /// The calls that are kept, those that were undone included.
    let lastStep: Int

    /// Where a session stands now.
    init(_ state: borrowing SessionState) {
        head = state.head
        lastStep = state.lastStep
    }
}

/// Changes of a session that its spectators must not hear of yet, since they have not come to stay.
///
/// They come to stay in the order in which they were made.
struct HeldChanges: Sendable {
    /// A change that is on its way.
    struct Change: Sendable {
        let ticket: JournalTicket
        let mark: SessionMark
        /// How far back the session went.
        let lowestStep: UInt32
    }

    private(set) var changes: [Change] = []
    /// The last state that came to stay before them; `nil` if nobody was there to note it.
    private(set) var settled: SessionMark?

    /// Holds a change.
    ///
    /// - Parameter mark: where the session stood before it, if it is the first that is held.
    mutating func hold(_ change: Change, behind mark: SessionMark?) {
        if changes.isEmpty { settled = mark }
        changes.append(change)
    }

    /// Takes the first one if it has come to stay, or is lost.
    mutating func next() -> (change: Change, settlement: JournalTicket.Settlement)? {
        guard let change = changes.first, let settlement = change.ticket.settlement else {
            return nil
        }
        changes.removeFirst()
        settled = change.mark
        return (change, settlement)
    }

    /// Forgets all.
    mutating func clear() { self = HeldChanges() }
}
