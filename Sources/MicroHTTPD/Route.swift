/// Answers one request: reads it, fills the response. It runs on libmicrohttpd's thread and
/// holds up the other connections of that thread, so it must not wait.
public typealias Handler = @Sendable (borrowing Request, inout Response) -> Void

/// Whether a request is worth its body, which has not come yet. It must not wait, either.
public typealias Admission = @Sendable (borrowing Request) -> Bool

/// A method and a path pattern, and the handler for them.
public struct Route: Sendable {
    /// The method. A GET route also answers HEAD.
    public let method: HTTPMethod
    /// The path: segments after each `/`, of which `{name}` takes any one segment.
    public let pattern: String
    /// Media types that a body may have; empty when the body's type does not matter.
    public let consumes: [String]
    /// Media types that the handler can answer with, in order of preference; empty when
    /// `Accept` does not matter.
    public let produces: [String]
    /// How bodies are taken in parts; `nil` when every body is gathered.
    public let streamsBody: BodyStreaming?
    /// Whether a request is worth its body; asked of clients that wait with theirs until they are told.
    let admits: Admission?
    let handler: Handler

    /// Makes a route.
    ///
    /// - Parameters:
    ///   - method: any but ``HTTPMethod/other``.
    ///   - pattern: such as `/pages/{ref}`; begins with `/`.
    ///   - consumes: media types without parameters, such as `application/json`. A request with
    ///     a body of another type, or of none, is answered 415.
    ///   - produces: media types without parameters. A request whose `Accept` excludes all of
    ///     them is answered 406; the preferred one becomes the response's `Content-Type`.
    ///   - streamsBody: takes bodies in parts that would be too large to gather. It may leave some of
    ///     the types that the route consumes to be gathered.
    ///   - admits: asked before the body is sent, if the client waits for that (`Expect: 100-continue`).
    ///     If it says no, the handler is called at once, without a body, and has to refuse the request.
    ///   - handler: called with each matching request, from any of the server's threads.
    public init(
        _ method: HTTPMethod, _ pattern: String, consumes: [String] = [],
        produces: [String] = ["application/json"], streamsBody: BodyStreaming? = nil,
        admits: Admission? = nil, handler: @escaping Handler
    ) {
        precondition(method != .other, "a route needs a method")
        precondition(pattern.hasPrefix("/"), "a pattern begins with /")
        self.method = method
        self.pattern = pattern
        self.consumes = consumes
        self.produces = produces
        self.streamsBody = streamsBody
        self.admits = admits
        self.handler = handler
    }
}
