import SessionJournal

/// The answers to requests that came with an `Idempotency-Key`, so that one that comes again gets the
/// same and changes nothing.
///
/// The last few of a session are kept. Each is written to the journal store in the same moment as what
/// its request changed; undoing and overwriting calls does not touch them.
struct KeptAnswers: Sendable {
    private var answers: [StoredAnswer] = []
    /// The number of the next one.
    private var nextNumber: UInt64 = 0
    /// The answer to the request that runs, until the journal store has it.
    private(set) var pending: NumberedAnswer?

    /// How many are kept.
    static let limit = NumberedAnswer.limit

    /// The answer to the request of a key; `nil` if there was none, or it is too long ago.
    func answer(to key: [UInt8]) -> StoredAnswer? { answers.last { $0.key == key } }

    /// Keeps the answer to the request that runs.
    mutating func keep(_ answer: StoredAnswer) {
        let answer = NumberedAnswer(answer, number: nextNumber)
        remember(answer)
        pending = answer
    }

    /// Keeps an answer that the journal store has; they come in order.
    mutating func remember(_ answer: NumberedAnswer) {
        remember(answer.answer)
        nextNumber = answer.number &+ 1
    }

    /// Keeps an answer that the journal store has with a call, which is before all that have a number.
    mutating func remember(_ answer: StoredAnswer) {
        if answers.count == Self.limit { answers.removeFirst() }
        answers.append(answer)
    }

    /// Notes that the journal store has all.
    mutating func noteStored() { if pending != nil { pending = nil } }
}
