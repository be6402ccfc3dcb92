extension Router {
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
