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

/// A response as a client receives it.
public struct RecordedResponse: Sendable {
    /// The status code.
    public let status: UInt32
    /// Header fields in order, `Content-Length` among them.
    public let headers: [(name: String, value: String)]
    /// The body's bytes; none for HEAD.
    public let body: [UInt8]

    /// Makes a response, for a client that read one from a socket.
    public init(status: UInt32, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    public var text: String {
        String(decoding: body, as: UTF8.self)
    }

    /// The value of the first header field of a name, compared without case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// The header fields of a synthetic request, in memory that stays where it is.
final class SyntheticHeaders {
    private var fields: [(name: UnsafeMutableRawBufferPointer, value: UnsafeMutableRawBufferPointer)]

    init(_ texts: [(name: String, value: String)]) {
        fields = texts.map { (SyntheticHeaders.copy($0.name), SyntheticHeaders.copy($0.value)) }
    }

    deinit {
        for field in fields {
            field.name.deallocate()
            field.value.deallocate()
        }
    }

    func value(_ name: StaticString) -> UnsafeRawBufferPointer? {
        let field = fields.first {
            isEqualIgnoringCase(UnsafeRawBufferPointer($0.name), rawBytes(name))
        }
        return field.map { UnsafeRawBufferPointer($0.value) }
    }

    private static func copy(_ text: String) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        return copy
    }
}

extension Router {
    /// Answers a request that was made up in the process, by the same way as one from a socket.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - bodyLimitInBytes: as the server's.
    /// - Returns: what the server would send, without `Date` and `Connection`.
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
        Array(request.target.utf8).withUnsafeBytes { exchange.pointee.open(target: $0) }
        _ = request.body.withUnsafeBytes { exchange.pointee.receive($0, limit: bodyLimitInBytes) }
        exchange.pointee.body.finish()
        var response = Response()
        respond(to: exchange, into: &response)
        return response.recorded(withBody: exchange.pointee.method != .head)
    }
}

extension Response {
    /// The response as a client would receive it.
    fileprivate func recorded(withBody: Bool) -> RecordedResponse {
        var fields: [(name: String, value: String)] = []
        for index in 0..<headers.count {
            fields.append(
                (
                    String(cString: headers.name(at: index)),
                    String(cString: headers.value(at: index))
                ))
        }
        let hasBody = status != 204 && status != 304
        if hasBody { fields.append(("Content-Length", "\(body.count)")) }
        return RecordedResponse(
            status: status, headers: fields, body: withBody && hasBody ? Array(body.bytes) : [])
    }
}
