/// Hears of every request that is answered, for a log.
public protocol RequestObserver: Sendable {
    /// A request was answered, or its stream begins. Called on the connection's own thread: it must
    /// not wait.
    ///
    /// - Parameters:
    ///   - request: the request; its body may be gone.
    ///   - response: the answer.
    ///   - route: the index of the router's route; `nil` if it had none.
    ///   - nanoseconds: from the request line to here.
    func answered(
        _ request: borrowing Request, _ response: borrowing Response, route: Int?,
        nanoseconds: UInt64)
}

extension Router {
    /// Notes when a request began, if anybody wants to know.
    @inline(__always)
    func begin(_ exchange: UnsafeMutablePointer<Exchange>) {
        guard meter != nil || observer != nil else { return }
        exchange.pointee.beginInNanoseconds = RequestMeter.now()
    }

    /// Counts a request whose answer is whole, and tells of it.
    @inline(__always)
    func finish(_ exchange: UnsafeMutablePointer<Exchange>, _ response: borrowing Response) {
        guard meter != nil || observer != nil else { return }
        let nanoseconds = RequestMeter.now() &- exchange.pointee.beginInNanoseconds
        let route = exchange.pointee.endpoint?.route(for: exchange.pointee.method)
        if let meter {
            meter.count(
                block: exchange.pointee.meterBlock,
                row: RequestMeter.row(
                    route: route, exchange.pointee.method, isRefused: response.status >= 400),
                status: response.status, tag: response.tag, nanoseconds: nanoseconds)
        }
        if let observer {
            observer.answered(Request(exchange), response, route: route, nanoseconds: nanoseconds)
        }
    }
}
