/// A request made up in the process, for tests and tools that need no socket.
public struct SyntheticRequest: Sendable {
    /// The method's token, `"GET"`; any text, as a client could send any.
    public var method: String
    /// The request target as on the wire: path and query, percent-encoded.
    public var target: String
    /// Header fields in order.
    public var headers: [(name: String, value: String)]
    /// The body's bytes.
    public var body: [UInt8]

    /// Makes a request.
    public init(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

extension Router {
    /// Answers a request that was made up in the process, by the same way as one from a socket.
    /// The calling thread waits while the answer is held. A stream is cut off where it would wait.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - bodyLimitInBytes: as the server's.
    /// - Returns: what the server would send, without `Date` and `Connection`; status 0 where it
    ///   would close the connection.
    public func respond(
        to request: SyntheticRequest,
        bodyLimitInBytes: Int = ServerConfiguration().bodyLimitInBytes
    ) -> RecordedResponse {
        let exchange = UnsafeMutablePointer<Exchange>.allocate(capacity: 1)
        exchange.initialize(
            to: Exchange(connection: nil, syntheticHeaders: SyntheticHeaders(request.headers)))
        defer {
            exchange.deinitialize(count: 1)
            exchange.deallocate()
        }
        exchange.pointee.method = request.method.withCString { HTTPMethod(token: $0) }
        begin(exchange)
        Array(request.target.utf8).withUnsafeBytes { exchange.pointee.open(target: $0) }
        open(exchange, announcedCount: request.body.isEmpty ? nil : request.body.count)
        request.body.withUnsafeBytes { exchange.pointee.receiveAll($0, limit: bodyLimitInBytes) }
        exchange.pointee.body.finish()
        var response = Response(fields: exchange.pointee.responseFields)
        respond(to: exchange, into: &response)
        if let held = response.held, !settle(&response, of: exchange, held.waitForVerdict()) {
            return RecordedResponse(status: 0, headers: [], body: [])
        }
        finish(exchange, response)
        return response.recorded(withBody: exchange.pointee.method != .head)
    }
}

extension Exchange {
    /// The parts that a synthetic body comes in, about as large as those from a socket.
    private static let partInBytes = 4_096

    /// Receives a whole body in parts, for as long as they are taken.
    fileprivate mutating func receiveAll(_ bytes: UnsafeRawBufferPointer, limit: Int) {
        for start in stride(from: 0, to: bytes.count, by: Exchange.partInBytes) {
            let end = min(start + Exchange.partInBytes, bytes.count)
            guard receive(slice(bytes, from: start, to: end), limit: limit) else { return }
            if case .takesLong = reception?.progress { reception?.receiver.work() }
        }
    }
}
