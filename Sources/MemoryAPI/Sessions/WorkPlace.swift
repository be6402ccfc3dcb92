import MicroHTTPD

/// Where a request's work is done, and so how much of it may be.
enum WorkPlace: Sendable {
    /// On a thread that nobody else waits for: as much as the limits allow.
    case own
    /// On a connection's thread, where others wait: some milliseconds, and for no lock. What takes longer is
    /// begun anew in the work queue, in this turn.
    case shared(WorkTurn)

    /// Where a request is that works with a session.
    @inline(__always)
    init(_ request: borrowing Request, _ session: Session) {
        self = request.mayTakeLong ? .own : .shared(.shared(session.turn))
    }

    /// Where a request is that works for itself.
    init(_ request: borrowing Request) {
        self = request.mayTakeLong ? .own : .shared(.connection)
    }

    /// Has work that is sure to take long be done on a thread of its own.
    func leaveShared() throws(Problem) {
        if case .shared(let turn) = self { throw Problem(takesLong: turn) }
    }
}
