import MicroHTTPD
import SessionJournal

extension Response {
    /// Has the answer sent when a change has come to stay.
    ///
    /// - Parameter ticket: `nil` if there is nothing to wait for.
    @inline(__always)
    mutating func send(behind ticket: JournalTicket?) {
        guard let ticket, ticket.settlement == nil else { return }
    }
}
