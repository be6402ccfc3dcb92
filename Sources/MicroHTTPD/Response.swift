import Glibc

/// What a handler answers: a status, header fields and a body.
///
/// A response starts as `200` with the `Content-Type` that the router negotiated from the
/// route's `produces`, no body, and ``Protection/data``. `Date`, `Content-Length` and
/// `Connection` are libmicrohttpd's.
public struct Response: ~Copyable {
    /// Which of the router's security headers are sent along.
    public enum Protection: UInt8, Sendable {
        /// None: the handler sets its own.
        case none
        /// `X-Content-Type-Options: nosniff`, enough for data that no browser renders. Each
        /// header costs three allocations in libmicrohttpd, so the hot path has one.
        case data
        /// The whole set of ``SecurityHeaders``, for pages and for problems.
        case page
        /// The set ``SecurityHeaders/framed``, for a page that other sites may show in a frame.
        case framedPage
    }

    /// The status code, 200...599.
    public var status: UInt32
    /// The body. For HEAD, and with status 304, its length is announced and its bytes are not
    /// sent: a 304 announces the length that the 200 would have (RFC 9110, 8.6).
    public var body: OutputBuffer
    /// Which security headers are sent.
    public var protection: Protection
    /// What the application counts this answer as, in ``RequestMeter/tags``; 0 for nothing.
    public var tag: UInt8 = 0
    /// The body when it is a stream.
    var streamedBody: StreamedBody?
    /// Whether the body is a stream: ``body`` is not sent then.
    public var isStream: Bool { streamedBody != nil }
    /// What this response waits for once it is finished, if anything.
    var held: HeldAnswer?
    /// The turn in which the handler is to run again in the work queue, if it gave up here.
    var workTurn: WorkTurn?
    /// The connection's list, emptied for this response.
    // A constant in its place cannot be compiled for ThreadSanitizer.
    private(set) var fields: UnsafeMutablePointer<HeaderList>

    init(fields: UnsafeMutablePointer<HeaderList>) {
        status = 200
        body = OutputBuffer()
        protection = .data
        self.fields = fields
        fields.pointee.removeAll()
    }

    /// Sets a header field and replaces an earlier one of that name (`Content-Type` too).
    ///
    /// - Parameters:
    ///   - name: a field name; compared without case.
    ///   - value: without CR, LF and tab.
    ///
    /// The corresponding libmicrohttpd function is `MHD_add_response_header`.
    public mutating func setHeader(_ name: StaticString, _ value: StaticString) {
        fields.pointee.set(HeaderField(name: cString(name), value: cString(value)))
    }

    /// Sets a header field to a copy of bytes and replaces an earlier one of that name.
    ///
    /// - Parameters:
    ///   - name: a field name; compared without case.
    ///   - bytes: the value.
    /// - Returns: `false`, and nothing is set, when the value holds a control character.
    ///
    /// The corresponding libmicrohttpd function is `MHD_add_response_header`.
    @discardableResult
    public mutating func setHeader(
        _ name: StaticString, bytes: UnsafeRawBufferPointer
    ) -> Bool {
        fields.pointee.set(copying: bytes, name: cString(name))
    }

    /// Adds a header field beside earlier ones of that name (`Set-Cookie`, `Link`).
    ///
    /// - Parameters:
    ///   - name: a field name.
    ///   - bytes: the value.
    /// - Returns: `false`, and nothing is added, when the value holds a control character.
    ///
    /// The corresponding libmicrohttpd function is `MHD_add_response_header`.
    @discardableResult
    public mutating func addHeader(
        _ name: StaticString, bytes: UnsafeRawBufferPointer
    ) -> Bool {
        fields.pointee.add(copying: bytes, name: cString(name))
    }

    /// The value of a header field that was set; `nil` if it was not.
    public func header(_ name: StaticString) -> [UInt8]? {
        fields.pointee.value(of: cString(name)).map { value in
            Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
        }
    }

    /// Removes a header field, if it was set.
    public mutating func removeHeader(_ name: StaticString) {
        fields.pointee.remove(name: cString(name))
    }

    /// Puts a field in place of one with the same name, or at the end; its name and value outlive the response.
    mutating func set(_ field: HeaderField) { fields.pointee.set(field) }

    /// Puts a field at the end; its name and value outlive the response.
    mutating func add(_ field: HeaderField) { fields.pointee.add(field) }

    /// Has the handler run once more, from its beginning, on a thread that nobody else waits for: for one that finds
    /// that the request takes long. It has changed nothing, and returns at once. Not where
    /// ``Request/mayTakeLong`` already.
    ///
    /// - Parameter turn: behind whom it waits there.
    public mutating func continueInWorkQueue(turn: WorkTurn) {
        reset()
        workTurn = turn
    }

    /// Starts over: `200`, no header fields, no body, not held.
    public mutating func reset() {
        status = 200
        tag = 0
        held = nil
        workTurn = nil
        streamedBody = nil
        body.removeAll()
        protection = .data
        fields.pointee.removeAll()
    }
}
