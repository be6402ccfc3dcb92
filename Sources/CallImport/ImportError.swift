/// A line that a trace of its format cannot have.
public struct ImportError: Error, Equatable, Sendable {
    /// The line, from 1 on.
    public let line: Int
    /// What is wrong with it, as a sentence.
    public let reason: String
    /// What stands there.
    public let found: String

    /// An error of a line.
    public init(line: Int, reason: String, found: String) {
        self.line = line
        self.reason = reason
        self.found = found
    }
}
