/// What came of reading from a ``ResponseStream``.
public enum StreamRead: Sendable, Equatable {
    /// So many bytes were written, 1 or more.
    case bytes(Int)
    /// There is nothing yet; the stream sleeps until it is woken.
    case wait
    /// What comes next takes long: it is to be prepared in the work queue, in this turn.
    case takesLong(WorkTurn)
    /// There will be nothing more.
    case end
}

/// A body that comes bit by bit, for as long as it likes. While it waits it holds no thread.
///
/// The server's own threads call it, one at a time: ``opened(_:)`` before the first read, then
/// ``read(into:)`` and ``prepare()``, at last ``closed()``. For HEAD it is only closed, and so is the
/// connection.
public protocol ResponseStream: AnyObject, Sendable {
    /// Called once, when the header fields have been sent.
    ///
    /// - Parameter waker: wakes this stream; to be kept by whoever knows when there is more.
    func opened(_ waker: StreamWaker)

    /// Writes the next bytes. It must not wait: see ``StreamRead/wait``.
    ///
    /// - Parameter block: where they go; a few KB, depending on the header fields.
    func read(into block: UnsafeMutableRawBufferPointer) -> StreamRead

    /// Does what takes long, where nobody else waits. Called behind ``StreamRead/takesLong(_:)``; then the
    /// stream is read again.
    func prepare()

    /// Called exactly once, however the request ended: behind ``StreamRead/end``, when the client has
    /// gone, when the server stops, or when the response was never sent.
    func closed()
}

extension ResponseStream {
    /// Has nothing to do.
    public func prepare() {}
}

/// Wakes a stream that waits, from any thread.
///
/// A stream that is woken between its answering ``StreamRead/wait`` and its falling asleep is read
/// again, so no news is lost. Waking one that does not wait costs one read in vain; one that is over, nothing.
public struct StreamWaker: Sendable {
    let suspension: Suspension?

    /// Has the stream read again.
    ///
    /// The corresponding libmicrohttpd function is `MHD_resume_connection`.
    public func wake() { suspension?.wake() }
}

extension Response {
    /// Sends a stream as the body, in chunks, in place of ``body``.
    ///
    /// No timeout runs while it waits, and a client that has gone is noticed at the next bytes only:
    /// whoever may wait for long should send a heartbeat now and then. A client that does not read what
    /// was sent is cut off after the server's idle time. When the server stops, its streams end.
    ///
    /// How many streams there may be is the caller's business; each is one of the server's connections.
    ///
    /// The corresponding libmicrohttpd function is `MHD_create_response_from_callback`.
    public mutating func stream(_ source: some ResponseStream) {
        streamedBody = StreamedBody(source)
    }
}
