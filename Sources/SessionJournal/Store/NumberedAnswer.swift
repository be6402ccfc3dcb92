/// An answer of a session and its place in the order of them.
///
/// A store keeps the last ``limit`` of a session beside its calls: undoing and overwriting calls does not
/// touch them. The one of a number takes the place of the one ``limit`` before it.
public struct NumberedAnswer: Hashable, Sendable {
    /// How many answers came before it in the session.
    public let number: UInt64
    /// What was answered.
    public let answer: StoredAnswer

    /// How many answers of a session are kept.
    public static let limit = 64

    /// An answer and its number.
    public init(_ answer: StoredAnswer, number: UInt64) {
        self.number = number
        self.answer = answer
    }
}
