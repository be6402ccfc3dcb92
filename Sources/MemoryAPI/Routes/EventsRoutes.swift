import MicroHTTPD
import SessionJournal

/// What happens in a session, while it happens.
extension MemoryService {
    var eventEndpoints: [Endpoint] {
        [
            open(
                .get, "/events", query: ["limit", "until", "last_event_id"],
                produces: ["text/event-stream"], followSession)
        ]
    }

    private var followSession: OpenHandler {
        { [store, spectators] (request, response) throws(Problem) in
            let session = try store.session(of: request, for: .looking)
            // Whether the session comes into memory first, or somebody works long with it: not here.
            try store.look(at: session, WorkPlace(request, session)) { _ in }
            let stream = EventStream(session, spectators, try EventStream.Options(request))
            // From here on it is removed, whatever happens.
            response.stream(stream)
            try spectators.add(stream, to: session)
            response.setHeader("Cache-Control", "no-store")
        }
    }
}

extension EventStream.Options {
    /// Reads what a spectator asks for. The header field goes before the parameter, since a browser that
    /// connects again sends both.
    fileprivate init(_ request: borrowing Request) throws(Problem) {
        limit = Int(try request.number("limit", 1...UInt64(UInt32.max)) ?? UInt64(UInt32.max))
        if let until = request.query("until") {
            guard until.equals("now") else { throw Request.problem("until", until, "now") }
            endsUpToDate = true
        }
        if let field = request.header("Last-Event-ID") {
            guard let head = JournalHead(eventID: field) else { throw Self.problem(field) }
            start = head
        } else if let parameter = request.query("last_event_id") {
            guard let head = JournalHead(eventID: parameter) else {
                throw Request.problem("last_event_id", parameter, Self.wanted)
            }
            start = head
        }
    }

    private static let wanted = "the id of an event, such as 3-9f86d081884c7d65"

    private static func problem(_ field: UnsafeRawBufferPointer) -> Problem {
        Problem(
            .malformedRequest, "Last-Event-ID must be \(wanted), not \"\(field.quoted)\".")
    }
}
