import CMicroHTTPD
import Glibc
import Synchronization

/// What libmicrohttpd's threads share: the router, the limits, the count of open requests.
final class ServerCore: Sendable {
    private let router: Router
    private let bodyLimitInBytes: Int
    private let headerLimitInBytes: Int
    private let openRequests = Atomic<Int>(0)
    private let limiter: RateLimiter?
    /// Requests that sleep now and then.
    let suspensions = Suspensions()
    /// The connections, for cutting off those whose clients dawdle.
    let connections = OpenConnections()
    private let terms: Patience.Terms
    /// Who does what takes long.
    let workQueue: WorkQueue

    init(router: Router, configuration: ServerConfiguration) {
        self.router = router
        bodyLimitInBytes = configuration.bodyLimitInBytes
        headerLimitInBytes = configuration.headerLimitInBytes
        limiter = configuration.rateLimit.map { RateLimiter($0) }
        terms = Patience.Terms(configuration)
        workQueue = WorkQueue(threadCount: configuration.workThreadCount)
    }

    deinit { workQueue.stop() }

    /// Requests between their request line and their completion.
    var openRequestCount: Int { openRequests.load(ordering: .acquiring) }

    /// Notes a new connection.
    ///
    /// - Returns: how long its client is waited for.
    func connected(_ connection: OpaquePointer) -> Patience {
        let patience = Patience(mhd_connection_socket(connection), terms)
        connections.add(patience)
        router.meter?.countConnection(1)
        return patience
    }

    /// Notes the end of a connection, whose socket is still open.
    func disconnected(_ patience: Patience?) {
        if let patience { connections.remove(patience) }
        router.meter?.countConnection(-1)
    }

    /// What a client that connects has left of its requests; `nil` if they are not counted.
    func bucket(of connection: OpaquePointer) -> RateBucket? {
        guard let limiter else { return nil }
        return limiter.bucket(of: ClientAddress(of: connection))
    }

    /// Opens a request.
    func open(_ exchange: UnsafeMutablePointer<Exchange>?, target: UnsafePointer<CChar>) {
        guard let exchange else { return }
        openRequests.add(1, ordering: .relaxed)
        let count = strlen(target)
        router.begin(exchange)
        exchange.pointee.open(target: UnsafeRawBufferPointer(start: target, count: count))
        hideQuery(target, count)
        // libmicrohttpd puts a NUL behind the target. What follows it is the version, unless the
        // target holds a NUL itself; the comparison ends within the line.
        if strncmp(target + count + 1, "HTTP/", 5) != 0 {
            exchange.pointee.refusal = .badRequest(.nulByte)
        }
    }

    /// Ends the query where it begins, so that libmicrohttpd does not cut it into items.
    ///
    /// The target was copied, and nobody asks libmicrohttpd for items. Each would take memory of the
    /// connection, and when 0.9.75 runs out of it here, it neither answers nor closes.
    private func hideQuery(_ target: UnsafePointer<CChar>, _ count: Int) {
        let mark = memchr(target, Int32(UInt8(ascii: "?")), count)
        mark?.storeBytes(of: 0, toByteOffset: 1, as: UInt8.self)
    }

    /// Closes a request, exactly once for each that was opened.
    func close(_ exchange: UnsafeMutablePointer<Exchange>) {
        if let job = exchange.pointee.job {
            exchange.pointee.job = nil
            job.cancel()
        }
        endBodyWork(exchange)
        if let held = exchange.pointee.held {
            exchange.pointee.held = nil
            suspensions.remove(held.suspension)
        }
        if exchange.pointee.phase != .answered { router.meter?.countUnanswered() }
        exchange.pointee.close()
        exchange.pointee.patience?.awaitHeaders()
        openRequests.subtract(1, ordering: .releasing)
    }

    /// Takes a request one step on: its headers, a part of its body, its end.
    ///
    /// Nothing is answered at the headers, because 0.9.75 then closes the connection, except
    /// when closing it is wanted: a body that is announced as too large, one that the client need not
    /// send, or a request that others may take to end elsewhere.
    func advance(
        _ exchange: UnsafeMutablePointer<Exchange>, method: UnsafePointer<CChar>,
        part: UnsafePointer<CChar>?, partCount: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch exchange.pointee.phase {
        case .target: return begin(exchange, method: HTTPMethod(token: method))
        case .body:
            if let verdict = awaitBodyWork(exchange) { return verdict }
            guard partCount.pointee > 0 else { return answer(exchange) }
            let bytes = UnsafeRawBufferPointer(start: part, count: partCount.pointee)
            partCount.pointee = 0
            return receive(bytes, exchange) ? .YES : .NO
        case .held: return release(exchange)
        case .idle, .answered: return .NO
        }
    }

    private func begin(
        _ exchange: UnsafeMutablePointer<Exchange>, method: HTTPMethod
    ) -> MHD_Result {
        exchange.pointee.method = method
        exchange.pointee.phase = .body
        guard let connection = exchange.pointee.connection else { return .NO }
        if let ambiguity = exchange.pointee.collectHeaders(connection) {
            exchange.pointee.refusal = .badRequest(ambiguity)
            return answer(exchange)
        }
        if mhd_request_header_size(connection) > headerLimitInBytes {
            exchange.pointee.refusal = .headersTooLarge(limitInBytes: headerLimitInBytes)
        }
        exchange.pointee.count()
        let length = exchange.pointee.announcedBodyCount
        router.open(exchange, announcedCount: length)
        if router.turnsAway(exchange, announcedCount: length) { return answer(exchange) }
        exchange.pointee.patience?.awaitBody()
        guard let length, exchange.pointee.reception == nil else { return .YES }
        guard length <= bodyLimitInBytes else {
            if exchange.pointee.refusal == nil {
                exchange.pointee.refusal = .payloadTooLarge(limitInBytes: bodyLimitInBytes)
            }
            return answer(exchange)
        }
        exchange.pointee.body.reserve(min(length, RequestBody.keptCapacityInBytes))
        return .YES
    }

    /// Takes a part of a body.
    ///
    /// - Returns: `false` when the connection should be dropped.
    private func receive(
        _ part: UnsafeRawBufferPointer, _ exchange: UnsafeMutablePointer<Exchange>
    ) -> Bool {
        exchange.pointee.patience?.note(part.count)
        guard exchange.pointee.receive(part, limit: bodyLimitInBytes) else { return false }
        if case .takesLong(let turn) = exchange.pointee.reception?.progress {
            workOnBody(exchange, turn)
        }
        return true
    }

    private func answer(_ exchange: UnsafeMutablePointer<Exchange>) -> MHD_Result {
        exchange.pointee.phase = .answered
        exchange.pointee.patience?.stop()
        exchange.pointee.body.finish()
        var response = Response(fields: exchange.pointee.responseFields)
        router.respond(to: exchange, into: &response)
        if _slowPath(response.workTurn != nil) { return continueInWorkQueue(response, exchange) }
        guard let held = response.held else { return queue(&response, exchange) }
        return hold(response, held, exchange)
    }

    /// Has the handler run again on a thread of the work queue, while the connection sleeps.
    ///
    /// That thread alone works with the request meanwhile; this one looks only whether it has a verdict.
    private func continueInWorkQueue(
        _ response: consuming Response, _ exchange: UnsafeMutablePointer<Exchange>
    ) -> MHD_Result {
        let held = HeldAnswer()
        let request = UncheckedPointer(exchange)
        let turn = response.workTurn ?? .connection
        let job = WorkJob(turn: turn.number(of: exchange)) { [router] in
            var response = Response(fields: request.pointer.pointee.responseFields)
            router.respond(to: request.pointer, into: &response)
            held.response = consume response
            held.decide(.send)
        }
        exchange.pointee.mayTakeLong = true
        exchange.pointee.job = job
        exchange.pointee.held = held
        exchange.pointee.phase = .held
        suspensions.add(held.suspension, .heldAnswer)
        workQueue.add(job)
        return .YES
    }

    /// Keeps a response until its verdict, which may be there already.
    ///
    /// The connection does not sleep at once: libmicrohttpd asks again in its next round, and has
    /// stopped reading then. Otherwise it would read at the end of the sleep, and drop a client that
    /// has closed its sending side.
    private func hold(
        _ response: consuming Response, _ held: HeldAnswer,
        _ exchange: UnsafeMutablePointer<Exchange>
    ) -> MHD_Result {
        response.held = nil
        held.response = consume response
        exchange.pointee.held = held
        exchange.pointee.phase = .held
        guard held.verdict == nil else { return release(exchange) }
        suspensions.add(held.suspension, .heldAnswer)
        return .YES
    }

    /// Sends a held response, or what took its place; lets the connection sleep while that is open.
    /// Without a verdict at the server's stop, the connection is closed.
    private func release(_ exchange: UnsafeMutablePointer<Exchange>) -> MHD_Result {
        guard let held = exchange.pointee.held, let connection = exchange.pointee.connection else {
            return .NO
        }
        if held.verdict == nil, held.suspension.sleep(connection) { return .YES }
        guard let verdict = held.verdict, var response = held.response.take() else { return .NO }
        exchange.pointee.job = nil
        if let next = response.held {
            suspensions.remove(held.suspension)
            return hold(response, next, exchange)
        }
        exchange.pointee.phase = .answered
        guard router.settle(&response, of: exchange, verdict) else { return .NO }
        return queue(&response, exchange)
    }

    private func queue(
        _ response: inout Response, _ exchange: UnsafeMutablePointer<Exchange>
    ) -> MHD_Result {
        guard let connection = exchange.pointee.connection else { return .NO }
        router.finish(exchange, response)
        let isHead = exchange.pointee.method == .head
        let patience = exchange.pointee.patience
        patience?.awaitTaking(of: isHead ? 0 : response.body.count)
        response.streamedBody?.patience = patience
        return response.queue(on: connection, isHead: isHead, suspensions, workQueue)
    }
}

/// A pointer that another thread may have, since this one leaves alone what it points to.
struct UncheckedPointer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Exchange>

    init(_ pointer: UnsafeMutablePointer<Exchange>) { self.pointer = pointer }
}

extension Exchange {
    /// Takes the request from what the client has left, and refuses it if nothing is.
    @inline(__always)
    fileprivate mutating func count() {
        guard let bucket else { return }
        let verdict = bucket.take(at: RateBucket.now)
        rate = verdict
        if !verdict.isAllowed, refusal == nil {
            refusal = .tooManyRequests(retryAfterSeconds: verdict.secondsUntilNext)
        }
    }

    /// The length of the body that is to come, if there is one and it is not chunked.
    fileprivate var announcedBodyCount: Int? {
        guard method != .get, method != .head, let field = header("Content-Length") else {
            return nil
        }
        return decimal(field)
    }

    /// Keeps a part of the body, or passes it on. Beyond the limit, parts are thrown away so that the client can
    /// read its 413 at the end, up to four times the limit (or 1 MiB); a client that goes on for
    /// longer is dropped.
    ///
    /// - Returns: `false` when the connection should be dropped.
    mutating func receive(_ part: UnsafeRawBufferPointer, limit: Int) -> Bool {
        if let reception {
            let isPatient = reception.receive(part)
            if reception.isTooLarge {
                refusal = .payloadTooLarge(limitInBytes: reception.limitInBytes)
            }
            return isPatient
        }
        if discardedCount == 0, part.count <= limit - body.bytes.count {
            body.append(part)
            return true
        }
        discardedCount += part.count
        if refusal == nil { refusal = .payloadTooLarge(limitInBytes: limit) }
        return discardedCount / 4 <= max(limit, 262_144)
    }
}

/// A decimal number that fits; `nil` for anything else (libmicrohttpd has refused it then).
private func decimal(_ digits: UnsafeRawBufferPointer) -> Int? {
    var value = 0
    for digit in digits {
        guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9"), value < Int.max / 16 else {
            return nil
        }
        value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
}
