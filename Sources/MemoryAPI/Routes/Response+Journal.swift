import MicroHTTPD
import SessionJournal

extension Response {
    /// Has the answer sent when a change has come to stay, or a refusal in its place when it is lost.
    ///
    /// - Parameters:
    ///   - ticket: `nil` if there is nothing to wait for.
    ///   - refusal: called on the connection's thread if the change is lost.
    @inline(__always)
    mutating func send(
        behind ticket: JournalTicket?,
        orRefuse refusal: @escaping @Sendable (JournalError) -> Problem
    ) {
        guard let ticket else { return }
        if _fastPath(ticket.settlement.isSuccess) { return }
        wait(for: ticket, orRefuse: refusal)
    }

    @inline(never)
    private mutating func wait(
        for ticket: JournalTicket, orRefuse refusal: @escaping @Sendable (JournalError) -> Problem
    ) {
        hold { resumption in
            ticket.whenSettled { settlement in
                switch settlement {
                case .success: resumption.send()
                case .failure(let error):
                    resumption.refuse { response in refusal(error).write(to: &response) }
                }
            }
        }
    }
}

extension JournalTicket.Settlement? {
    /// Whether the change has come to stay.
    fileprivate var isSuccess: Bool {
        if case .success? = self { true } else { false }
    }
}
