import SessionJournal
import Synchronization

/// Calls that follow one another, as events, written once for all spectators that are to be told.
final class EventPiece: Sendable {
    let bytes: [UInt8]
    /// How many events there are, 1 or more.
    let count: Int
    /// The state that the last one leads to.
    let end: JournalHead

    init(_ bytes: [UInt8], count: Int, end: JournalHead) {
        self.bytes = bytes
        self.count = count
        self.end = end
    }
}

/// The last pieces that were written, by the states that they begin behind.
///
/// A state's hash stands for all calls that led to it, so what is written of them stays right, also
/// when they are undone.
final class EventPieces: Sendable {
    private struct Place: Hashable {
        let session: SessionKey
        let start: JournalHead
    }

    private let pieces = Mutex<[Place: EventPiece]>([:])

    /// How many are kept at most, of a few KB each.
    private static let limit = 1_024

    /// The piece of a session behind a state; `nil` if it is not there.
    func piece(_ session: SessionKey, behind start: JournalHead) -> EventPiece? {
        pieces.withLock { $0[Place(session: session, start: start)] }
    }

    /// Keeps a piece; when there are too many, all others go.
    func keep(_ piece: EventPiece, _ session: SessionKey, behind start: JournalHead) {
        pieces.withLock { pieces in
            if pieces.count >= Self.limit { pieces.removeAll() }
            pieces[Place(session: session, start: start)] = piece
        }
    }

    /// Forgets all of them.
    func removeAll() { pieces.withLock { $0 = [:] } }
}
