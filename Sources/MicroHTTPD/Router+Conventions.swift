import Glibc

/// What every response has beside what its handler says.
extension Router {
    /// Completes a response: security and cross-origin header fields, the request's names, the rest of the client's
    /// requests, and the body in the encoding that the client prefers.
    func complete(_ response: inout Response, for exchange: UnsafeMutablePointer<Exchange>) {
        addSecurityHeaders(&response)
        // The request that fills the connection's memory leaves room for no more.
        if response.status == 431 { return }
        response.compress(for: exchange)
        nameRequest(in: &response, exchange)
        if exchange.pointee.bucket != nil { tellRate(in: &response, exchange) }
        if !crossOrigin.origins.isEmpty { share(&response, exchange) }
    }

    /// Sends the request's names back. A client that gave none gets one with a refusal, to ask with, and with every
    /// answer that is noted; each header costs libmicrohttpd three allocations.
    @inline(__always)
    private func nameRequest(
        in response: inout Response, _ exchange: UnsafeMutablePointer<Exchange>
    ) {
        if let parent = exchange.pointee.header("traceparent"), isTraceParent(parent) {
            response.setHeader("traceparent", bytes: parent)
        }
        if exchange.pointee.hasRequestID || response.status >= 400 || observer != nil {
            exchange.pointee.withRequestID { name in
                _ = response.setHeader("X-Request-Id", bytes: name)
            }
        }
    }

    @inline(never)
    private func tellRate(
        in response: inout Response, _ exchange: UnsafeMutablePointer<Exchange>
    ) {
        guard let bucket = exchange.pointee.bucket, let rate = exchange.pointee.rate else { return }
        response.setHeader("RateLimit-Policy", text: bucket.policy)
        response.setHeader(
            "RateLimit", text: "\"address\";r=\(rate.remaining);t=\(rate.secondsUntilFull)")
        if !rate.isAllowed {
            response.setHeader("Retry-After", text: "\(rate.secondsUntilNext)")
        }
    }

    @inline(never)
    private func share(_ response: inout Response, _ exchange: UnsafeMutablePointer<Exchange>) {
        let isPreflight =
            exchange.pointee.method == .options
            && exchange.pointee.header("Access-Control-Request-Method") != nil
        let methods = isPreflight ? response.header("Allow") : nil
        let origin = exchange.pointee.header("Origin")
        guard let methods else {
            return crossOrigin.complete(&response, origin: origin, preflight: nil)
        }
        methods.withUnsafeBytes {
            crossOrigin.complete(&response, origin: origin, preflight: $0)
        }
    }
}
