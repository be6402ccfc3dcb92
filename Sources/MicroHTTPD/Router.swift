import Glibc

/// Leads a request to its handler, or to a file, or refuses it.
///
///     let router = Router(
///         routes: [Route(.get, "/pages/{ref}") { request, response in
///             response.body.append(request.parameter(0))
///         }],
///         staticFiles: nil
///     ) { problem, request, response in
///         response.body.append("refused")
///     }
///
/// Every GET answers HEAD, and every path answers OPTIONS.
public struct Router: Sendable {
    /// The routes as given, for a test that compares them with an API description.
    public let routes: [Route]
    private let table: RouteTable
    let compiledRoutes: CompiledRoutes
    private let staticFiles: StaticFiles?
    private let securityHeaders: PersistentHeaders
    private let framedHeaders = SecurityHeaders.framed.cStrings
    let crossOrigin: CrossOrigin
    private let fallback: ProblemRenderer
    /// Counts requests.
    let meter: RequestMeter?
    /// Hears of requests.
    let observer: (any RequestObserver)?

    /// Builds the table.
    ///
    /// - Parameters:
    ///   - routes: no two with the same method and the same shape of pattern.
    ///   - staticFiles: files for GET paths that no route has.
    ///   - securityHeaders: what ``Response/Protection/page`` stands for.
    ///   - crossOrigin: whose pages may read answers.
    ///   - meter: counts requests; for this router alone.
    ///   - observer: hears of every answer.
    ///   - fallback: gives refusals their body.
    public init(
        routes: [Route], staticFiles: StaticFiles? = nil,
        securityHeaders: SecurityHeaders = SecurityHeaders(),
        crossOrigin: CrossOrigin = CrossOrigin(), meter: RequestMeter? = nil,
        observer: (any RequestObserver)? = nil,
        fallback: @escaping ProblemRenderer
    ) {
        self.routes = routes
        table = RouteTable(routes)
        compiledRoutes = CompiledRoutes(routes)
        self.staticFiles = staticFiles
        self.securityHeaders = securityHeaders.cStrings
        self.crossOrigin = crossOrigin
        self.fallback = fallback
        precondition(meter == nil || routes.count <= RequestMeter.routeLimit, "too many routes")
        self.meter = meter
        self.observer = observer
    }

    /// Finds the route of a request whose header fields are there, and who takes its body in parts.
    ///
    /// - Parameter announcedCount: how long the body will be; `nil` when there is none, or it comes in
    ///   chunks.
    func open(_ exchange: UnsafeMutablePointer<Exchange>, announcedCount: Int?) {
        guard exchange.pointee.refusal == nil else { return }
        let endpoint = table.endpoint(of: &exchange.pointee.target)
        exchange.pointee.endpoint = endpoint
        guard let index = endpoint?.route(for: exchange.pointee.method),
            compiledRoutes[index].pointee.streamsBody
        else { return }
        openBody(of: exchange, route: index, announcedCount: announcedCount)
    }

    /// Answers a request that is open and whole.
    func respond(to exchange: UnsafeMutablePointer<Exchange>, into response: inout Response) {
        if let refusal = exchange.pointee.refusal {
            refuse(refusal, exchange, &response)
        } else if let endpoint = exchange.pointee.endpoint {
            respond(at: endpoint, exchange, &response)
        } else {
            respondWithFile(exchange, &response)
        }
        if response.workTurn == nil { complete(&response, for: exchange) }
    }

    /// Applies what came of holding a response.
    ///
    /// - Returns: whether there is a response to send.
    func settle(
        _ response: inout Response, of exchange: UnsafeMutablePointer<Exchange>,
        _ verdict: HeldAnswer.Verdict
    ) -> Bool {
        switch verdict {
        case .send: return true
        case .drop: return false
        case .refuse(let write):
            response.reset()
            write(&response)
            complete(&response, for: exchange)
            return true
        }
    }

    private func respond(
        at endpoint: RouteEndpoint, _ exchange: UnsafeMutablePointer<Exchange>,
        _ response: inout Response
    ) {
        guard let index = endpoint.route(for: exchange.pointee.method) else {
            return respondWithoutRoute(allow: endpoint.allow, exchange, &response)
        }
        let route = compiledRoutes[index]
        if let problem = negotiate(route, routes[index], exchange) {
            return refuse(problem, exchange, &response)
        }
        if route.pointee.produces.count > 0 {
            let type = route.pointee.produces[exchange.pointee.preferredType]
            response.add(
                HeaderField(name: cString("Content-Type"), value: type.text))
        }
        exchange.pointee.reception?.isHandedOver = true
        route.pointee.handler(Request(exchange), &response)
    }

    /// Checks `Content-Type` and `Accept` and notes which type the client prefers.
    @inline(__always)
    func negotiate(
        _ compiled: UnsafeMutablePointer<CompiledRoute>, _ route: @autoclosure () -> Route,
        _ exchange: UnsafeMutablePointer<Exchange>
    ) -> RouterProblem? {
        if exchange.pointee.body.bytes.count > 0,
            !compiled.pointee.reads(contentType: exchange.pointee.header("Content-Type"))
        {
            return .unsupportedMediaType(accepted: route().consumes)
        }
        let accept = exchange.pointee.header("Accept")
        guard let type = preferredType(among: compiled.pointee.produces, accept: accept) else {
            return .notAcceptable(produces: route().produces)
        }
        exchange.pointee.preferredType = type
        return nil
    }

    private func respondWithoutRoute(
        allow: String, _ exchange: UnsafeMutablePointer<Exchange>, _ response: inout Response
    ) {
        guard exchange.pointee.method == .options else {
            return refuse(.methodNotAllowed(allow: allow), exchange, &response)
        }
        response.status = 204
        response.setHeader("Allow", text: allow)
    }

    private func respondWithFile(
        _ exchange: UnsafeMutablePointer<Exchange>, _ response: inout Response
    ) {
        if exchange.pointee.target.segmentCount == 0, exchange.pointee.method == .options {
            return respondWithoutRoute(allow: everyMethod, exchange, &response)
        }
        guard let file = staticFiles?.file(at: exchange.pointee.target.path) else {
            return refuse(.notFound, exchange, &response)
        }
        switch exchange.pointee.method {
        case .get, .head:
            file.pointee.respond(ifNoneMatch: exchange.pointee.header("If-None-Match"), &response)
            if file.pointee.isFramable, Request(exchange).query("embed") != nil {
                response.protection = .framedPage
            }
        default: respondWithoutRoute(allow: "GET, HEAD, OPTIONS", exchange, &response)
        }
    }

    /// What `OPTIONS *` answers: the methods of all routes.
    private var everyMethod: String {
        var all = RouteEndpoint()
        for (index, route) in routes.enumerated() { all.setRoute(index, for: route.method) }
        return all.allow
    }

    /// Has a problem rendered, and sets behind the renderer what HTTP asks for.
    private func refuse(
        _ problem: RouterProblem, _ exchange: UnsafeMutablePointer<Exchange>,
        _ response: inout Response
    ) {
        response.status = problem.status
        response.protection = problem.isShortOfMemory ? .data : .page
        fallback(problem, Request(exchange), &response)
        response.status = problem.status
        switch problem {
        case .methodNotAllowed(let allow): response.setHeader("Allow", text: allow)
        case .unsupportedMediaType(let accepted):
            response.setHeader("Accept", text: accepted.joined(separator: ", "))
        default: break
        }
    }

    /// Adds what the response's ``Response/Protection`` stands for.
    func addSecurityHeaders(_ response: inout Response) {
        let isFramed = response.protection == .framedPage
        let headers = isFramed ? framedHeaders : securityHeaders
        let count =
            switch response.protection {
            case .none: 0
            case .data: 1
            case .page, .framedPage: headers.count
            }
        for index in 0..<count { response.set(headers[index]) }
    }
}

extension Response {
    /// Sets a header field to a string, for what is not on the hot path.
    mutating func setHeader(_ name: StaticString, text: String) {
        var text = text
        text.withUTF8 { _ = setHeader(name, bytes: UnsafeRawBufferPointer($0)) }
    }
}
