import Glibc

/// One request, whole; valid only while its handler runs.
///
/// Every pointer that it hands out is into the connection's own memory: copy what must stay.
public struct Request: ~Copyable {
    private let exchange: UnsafeMutablePointer<Exchange>
    /// The method. A GET handler also runs for HEAD, whose body is not sent.
    public let method: HTTPMethod

    init(_ exchange: UnsafeMutablePointer<Exchange>) {
        self.exchange = exchange
        method = exchange.pointee.method
    }

    /// The path, percent-decoded, with its leading `/`.
    public var path: UnsafeRawBufferPointer {
        exchange.pointee.target.path
    }

    /// Calls a closure with each segment of the path in order, percent-decoded; one may hold a `/` (from `%2F`).
    public func forEachPathSegment(_ body: (UnsafeRawBufferPointer) -> Void) {
        for index in 0..<min(exchange.pointee.target.segmentCount, RequestTarget.segmentLimit) {
            body(exchange.pointee.target.segment(index))
        }
    }

    /// What stands in the place of a placeholder of the matched pattern, percent-decoded.
    ///
    /// - Parameter index: 0 for the pattern's first `{placeholder}`.
    /// - Returns: one path segment, never empty; it may hold any byte but NUL (`/` from `%2F`).
    public func parameter(_ index: Int) -> UnsafeRawBufferPointer {
        exchange.pointee.target.parameter(index)
    }

    /// The value of a header field.
    ///
    /// - Parameter name: compared without case.
    /// - Returns: the first field's value, or `nil` when there is none.
    ///
    /// The corresponding libmicrohttpd function is `MHD_lookup_connection_value_n`.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        exchange.pointee.header(name)
    }

    /// The value of a query item, percent-decoded, `+` read as a blank.
    ///
    /// - Parameter name: compared with case.
    /// - Returns: the first item's value, empty for `?name` and `?name=`, `nil` when absent.
    public func query(_ name: StaticString) -> UnsafeRawBufferPointer? {
        for index in 0..<exchange.pointee.target.itemCount
        where isEqual(exchange.pointee.target.key(index), rawBytes(name)) {
            return exchange.pointee.target.value(index) ?? rawBytes("")
        }
        return nil
    }

    /// Calls a closure with each query item in order: its key, and its value or `nil` when the
    /// item has no `=`.
    public func forEachQueryItem(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Void
    ) {
        for index in 0..<exchange.pointee.target.itemCount {
            body(exchange.pointee.target.key(index), exchange.pointee.target.value(index))
        }
    }

    /// The value of a cookie, without surrounding quotes.
    ///
    /// - Parameter name: compared with case.
    /// - Returns: the first cookie's value, or `nil` when there is none.
    public func cookie(_ name: StaticString) -> UnsafeRawBufferPointer? {
        guard let header = header("Cookie") else { return nil }
        return cookieValue(rawBytes(name), in: header)
    }

    /// The body, decoded from chunks, at most the server's limit; empty when there was none.
    ///
    /// At least 64 readable zero bytes follow it (simdjson needs them).
    public var body: UnsafeRawBufferPointer {
        exchange.pointee.body.bytes
    }

    /// What took the body in parts, if the route has its body taken so; ``body`` is empty then.
    public var bodyReceiver: (any BodyReceiver)? {
        exchange.pointee.reception?.receiver
    }

    /// Which of the route's `produces` the client's `Accept` prefers; 0 for the first.
    public var preferredType: Int {
        exchange.pointee.preferredType
    }

    /// Where the client is; the unspecified address for a request made up in the process.
    ///
    /// The corresponding libmicrohttpd function is `MHD_get_connection_info`
    /// (`MHD_CONNECTION_INFO_CLIENT_ADDRESS`).
    public var clientAddress: ClientAddress {
        guard let connection = exchange.pointee.connection else { return ClientAddress() }
        return ClientAddress(of: connection)
    }

    /// Whether the handler runs on a thread that nobody else waits for: in the work queue, or for a request made
    /// up in the process. Elsewhere, after some milliseconds, it had better
    /// ``Response/continueInWorkQueue(turn:)``.
    public var mayTakeLong: Bool { exchange.pointee.mayTakeLong }

    /// What the client calls the request (`X-Request-Id`, if that is 1 to 128 visible ASCII characters), or else a
    /// name that no other request of this process has. A refusal carries it, and the answer to a
    /// request that had a name.
    public var id: String {
        exchange.pointee.withRequestID { String(decoding: $0, as: UTF8.self) }
    }
}

/// Finds `name=value` in a `Cookie` header.
private func cookieValue(
    _ name: UnsafeRawBufferPointer, in header: UnsafeRawBufferPointer
) -> UnsafeRawBufferPointer? {
    var start = 0
    while start < header.count {
        let end = firstIndex(of: UInt8(ascii: ";"), in: header, from: start)
        let pair = trimmed(slice(header, from: start, to: end))
        let equals = firstIndex(of: UInt8(ascii: "="), in: pair, from: 0)
        if equals < pair.count, isEqual(slice(pair, from: 0, to: equals), name) {
            return unquoted(slice(pair, from: equals + 1, to: pair.count))
        }
        start = end + 1
    }
    return nil
}

private func unquoted(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let quote = UInt8(ascii: "\"")
    guard bytes.count >= 2, bytes[0] == quote, bytes[bytes.count - 1] == quote else { return bytes }
    return slice(bytes, from: 1, to: bytes.count - 1)
}
