import CMicroHTTPD
import Glibc

/// The state of one connection, reused by each request that comes over it.
///
/// It lives at a fixed address from libmicrohttpd's "connection started" to its "connection
/// closed", so a request costs no allocation. A request is *open* from its request line to the
/// completion callback, which libmicrohttpd calls exactly once for it.
struct Exchange: ~Copyable {
    /// How far an open request has come.
    enum Phase {
        /// No request is open.
        case idle
        /// The request line was read.
        case target
        /// The headers were read; body parts follow.
        case body
        /// The response is there and must not be sent yet.
        case held
        /// A response was queued.
        case answered
    }

    /// The connection; `nil` for a request that was made up in the process.
    let connection: OpaquePointer?
    /// The header fields of a request that was made up in the process.
    let syntheticHeaders: SyntheticHeaders?
    /// How long its client is waited for; `nil` for a request that was made up in the process.
    let patience: Patience?
    var phase = Phase.idle
    private var knownHeaders = KnownHeaders()
    var method = HTTPMethod.other
    var target = RequestTarget()
    /// What the path leads to; `nil` when there is no route.
    var endpoint: RouteEndpoint?
    var body = RequestBody()
    /// The body when it is taken in parts.
    var reception: BodyReception?
    /// The header fields of the response.
    let responseFields: UnsafeMutablePointer<HeaderList>
    /// Bytes of a body that came in beyond the limit and were thrown away.
    var discardedCount = 0
    /// Why the router will refuse this request, found before it was routed.
    var refusal: RouterProblem?
    /// Which of the route's `produces` the client prefers.
    var preferredType = 0
    /// The answer that is held, if it had to wait.
    var held: HeldAnswer?
    /// The request's work, if it was put into the work queue.
    var job: WorkJob?
    /// Work on what has come of the body, if it was put into the work queue.
    var bodyWork: BodyWork?
    /// Whether the handler runs on a thread that nobody else waits for.
    var mayTakeLong: Bool
    /// When the request line was read, by the meter's clock.
    var beginInNanoseconds: UInt64 = 0
    /// Where the connection's requests are counted.
    let meterBlock = RequestMeter.blockOfThread()
    /// What the client has left of its requests; `nil` if they are not counted.
    let bucket: RateBucket?
    /// What became of this request there.
    var rate: RateBucket.Verdict?
    /// The connection's place among all of the process.
    private let connectionNumber = RequestID.nextConnection()
    /// The request's place on the connection, 1 for the first.
    private var requestNumber: UInt32 = 0

    init(
        connection: OpaquePointer?, patience: Patience? = nil,
        syntheticHeaders: SyntheticHeaders? = nil, bucket: RateBucket? = nil
    ) {
        self.connection = connection
        self.patience = patience
        self.bucket = bucket
        self.syntheticHeaders = syntheticHeaders
        mayTakeLong = connection == nil
        responseFields = .allocate(capacity: 1)
        responseFields.initialize(to: HeaderList())
    }

    deinit {
        responseFields.deinitialize(count: 1)
        responseFields.deallocate()
    }

    /// Opens a request with its target.
    mutating func open(target text: UnsafeRawBufferPointer) {
        phase = .target
        requestNumber &+= 1
        rate = nil
        preferredType = 0
        endpoint = nil
        if let fault = target.parse(text) { refusal = RouterProblem(fault) }
    }

    /// Closes the request and keeps the blocks for the next.
    mutating func close() {
        phase = .idle
        discardedCount = 0
        body.removeAll()
        if reception != nil { reception = nil }
        if refusal != nil { refusal = nil }
        mayTakeLong = connection == nil
    }

    /// A header field's value, by the first field of that name.
    @inline(__always)
    func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        if let slot = KnownHeaders.slot(rawBytes(name)), connection != nil {
            return knownHeaders.value(slot)
        }
        return otherHeader(name)
    }

    /// Whether the client has called the request anything.
    @inline(__always)
    var hasRequestID: Bool { header("X-Request-Id") != nil }

    /// The request's name: the client's `X-Request-Id` if that can be kept, or else one that is made.
    func withRequestID<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if let field = header("X-Request-Id"), RequestID.isKept(field) { return body(field) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: RequestID.madeCapacity) {
            let count = RequestID.write(
                connection: connectionNumber, request: requestNumber,
                to: $0.baseAddress.unsafelyUnwrapped)
            return body(UnsafeRawBufferPointer(start: $0.baseAddress, count: count))
        }
    }

    /// Finds the usual header fields, once they are all there.
    ///
    /// - Returns: why they are ambiguous, or `nil`.
    mutating func collectHeaders(
        _ connection: OpaquePointer
    ) -> RouterProblem.BadRequestReason? {
        knownHeaders.collect(connection)
        return knownHeaders.ambiguity
    }

    @inline(never)
    private func otherHeader(_ name: StaticString) -> UnsafeRawBufferPointer? {
        guard let connection else { return syntheticHeaders?.value(name) }
        var value: UnsafePointer<CChar>?
        var count = 0
        let found = MHD_lookup_connection_value_n(
            connection, .HEADER_KIND, cString(name), name.utf8CodeUnitCount, &value, &count)
        guard found == .YES else { return nil }
        return UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : count)
    }
}
