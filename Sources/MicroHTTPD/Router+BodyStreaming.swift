extension Router {
    /// Bodies that are not larger are not asked for: to send them costs less.
    private static let unaskedBody = 1_024

    /// Whether a client that waits with its body until it is told to send it need not send it at all
    /// (RFC 9110, 10.1.1): the request is refused in any case.
    ///
    /// - Parameter announcedCount: how long the body will be, if that is known.
    func turnsAway(
        _ exchange: UnsafeMutablePointer<Exchange>, announcedCount: Int?
    ) -> Bool {
        if let announcedCount {
            guard announcedCount > Self.unaskedBody else { return false }
        } else {
            guard exchange.pointee.header("Transfer-Encoding") != nil else { return false }
        }
        guard let expectation = exchange.pointee.header("Expect"),
            isEqualIgnoringCase(expectation, rawBytes("100-continue"))
        else { return false }
        guard exchange.pointee.refusal == nil,
            let index = exchange.pointee.endpoint?.route(for: exchange.pointee.method)
        else { return true }
        return !(routes[index].admits?(Request(exchange)) ?? true)
    }

    /// Has a receiver made for a body that is taken in parts, unless the request is refused.
    ///
    /// - Parameters:
    ///   - index: a route that takes bodies in parts.
    ///   - announcedCount: how long the body will be, if that is known.
    func openBody(
        of exchange: UnsafeMutablePointer<Exchange>, route index: Int, announcedCount: Int?
    ) {
        guard let streaming = routes[index].streamsBody else { return }
        let route = compiledRoutes[index]
        guard route.pointee.reads(contentType: exchange.pointee.header("Content-Type")) else {
            let isChunked = exchange.pointee.header("Transfer-Encoding") != nil
            guard isChunked || (announcedCount ?? 0) > 0 else { return }
            exchange.pointee.refusal = .unsupportedMediaType(accepted: routes[index].consumes)
            return
        }
        if let problem = negotiate(route, routes[index], exchange) {
            exchange.pointee.refusal = problem
        } else if let announcedCount, announcedCount > streaming.limitInBytes {
            exchange.pointee.refusal = .payloadTooLarge(limitInBytes: streaming.limitInBytes)
        } else if let receiver = streaming.makeReceiver(Request(exchange)) {
            exchange.pointee.reception = BodyReception(
                receiver, limitInBytes: streaming.limitInBytes)
        }
    }
}
