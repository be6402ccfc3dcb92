/// Takes a request's body in parts, as they come, so that a large one need not fit in memory.
///
/// It is made behind the header fields and belongs to that one request. Exactly one thing happens to
/// it in the end: the route's handler runs and finds it in ``Request/bodyReceiver``, or
/// ``abandoned()`` is called. All of it happens one thing after the other, and all but ``work()`` on the
/// connection's own thread.
public protocol BodyReceiver: AnyObject {
    /// Takes the next part.
    ///
    /// - Parameter part: 1 byte or more, wherever the network cut them; valid during this call.
    func receive(_ part: UnsafeRawBufferPointer) -> BodyProgress

    /// Does what takes long with what was received, where nobody else waits. Called behind
    /// ``BodyProgress/takesLong(_:)``, and before anything else is.
    func work()

    /// The handler will not run: the client has gone in the middle, the server stops, or the body grew
    /// beyond its limit.
    func abandoned()
}

/// What a ``BodyReceiver`` wants next.
public enum BodyProgress: Sendable, Equatable {
    /// The next part.
    case more
    /// Nothing more. The rest is read and thrown away, since nothing can be answered before, and the
    /// handler runs behind it.
    case enough
    /// To work, in the work queue and in this turn, while the connection sleeps; then the next part.
    case takesLong(WorkTurn)
}

extension BodyReceiver {
    /// Has nothing to do.
    public func work() {}
}

/// How a route takes bodies in parts.
public struct BodyStreaming: Sendable {
    /// The largest body, in bytes, in place of the server's; a larger one is answered 413.
    public let limitInBytes: Int
    let makeReceiver: @Sendable (borrowing Request) -> (any BodyReceiver)?

    /// Describes it.
    ///
    /// - Parameters:
    ///   - limitInBytes: 0 or more.
    ///   - makeReceiver: called with the request while its body is still to come, once `Content-Type`
    ///     and `Accept` were found to be the route's. With `nil`, the body is gathered as usual.
    public init(
        limitInBytes: Int,
        makeReceiver: @escaping @Sendable (borrowing Request) -> (any BodyReceiver)?
    ) {
        precondition(limitInBytes >= 0, "a limit of \(limitInBytes) bytes")
        self.limitInBytes = limitInBytes
        self.makeReceiver = makeReceiver
    }
}
