/// Takes a request's body in parts, as they come, so that a large one need not fit in memory.
///
/// It is made behind the header fields and belongs to that one request. Exactly one thing happens to
/// it in the end: the route's handler runs and finds it in ``Request/bodyReceiver``, or
/// ``abandoned()`` is called. All of it on the connection's own thread.
public protocol BodyReceiver: AnyObject {
    /// Takes the next part.
    ///
    /// - Parameter part: 1 byte or more, wherever the network cut them; valid during this call.
    /// - Returns: whether more is wanted. When not, the rest is read and thrown away, since nothing
    ///   can be answered before, and the handler runs behind it.
    func receive(_ part: UnsafeRawBufferPointer) -> Bool

    /// The handler will not run: the client has gone in the middle, the server stops, or the body grew
    /// beyond its limit.
    func abandoned()
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
