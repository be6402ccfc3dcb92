/// When a session was last asked for, as far as a store was told.
public struct SessionUse: Hashable, Sendable {
    /// The session.
    public let session: SessionKey
    /// Seconds that services had run on the store by then; `nil` if it was never told.
    public let second: UInt64?

    /// A session's last use.
    public init(_ session: SessionKey, second: UInt64?) {
        self.session = session
        self.second = second
    }
}
