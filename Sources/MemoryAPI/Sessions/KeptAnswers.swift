import SessionJournal

/// The answers to requests that came with an `Idempotency-Key`, so that one that comes again gets the
/// same and changes nothing.
///
/// The last few of a session are kept. Each is written into the journal, too, with the last call of its
/// request.
struct KeptAnswers: Sendable {
    private var answers: [StoredAnswer] = []
    /// The answer to the request that runs, until the journal store has it.
    private(set) var pending: StoredAnswer?

    /// How many are kept.
    static let limit = 64

    /// The answer to the request of a key; `nil` if there was none, or it is too long ago.
    func answer(to key: [UInt8]) -> StoredAnswer? { answers.last { $0.key == key } }

    /// Keeps the answer to the request that runs.
    mutating func keep(_ answer: StoredAnswer) {
        remember(answer)
        pending = answer
    }

    /// Keeps an answer that the journal store has.
    mutating func remember(_ answer: StoredAnswer) {
        if answers.count == Self.limit { answers.removeFirst() }
        answers.append(answer)
    }

    /// Notes that the journal store has all.
    mutating func noteStored() { if pending != nil { pending = nil } }
}
