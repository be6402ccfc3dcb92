import MicroHTTPD

@testable import MemoryAPI

extension FuzzTarget {
    /// Whole requests to a session, one behind the other with a NUL between them: none is answered with
    /// 5xx, every refusal is a problem, and the machine stays sound.
    static let requests = FuzzTarget(name: "requests") { bytes in
        var client = FuzzedClient()
        try client.boot()
        for part in bytes.split(separator: 0, maxSplits: 31) {
            try client.send(SyntheticRequest(written: UnsafeRawBufferPointer(rebasing: part)))
        }
        try client.finish()
    }
}

/// A client of a service that all inputs share, with a session of its own.
private struct FuzzedClient {
    private static let service = MemoryService()
    private static let router = service.router()
    private var token = ""
    private var id = ""

    /// Boots the smallest machine.
    mutating func boot() throws {
        var request = SyntheticRequest("POST", "/sessions", body: Array(Self.machine.utf8))
        request.headers = [("Content-Type", "application/json")]
        let response = Self.router.respond(to: request)
        try demand(response.status == 201, "no session: \(response.text)")
        token = Self.member("token", response.text)
        id = Self.member("id", response.text)
    }

    private static let machine = #"{"machine":"classroom","cpus":2}"#

    private static func member(_ name: String, _ json: String) -> String {
        let rest = json.split(separator: "\"\(name)\":\"", maxSplits: 1).last ?? ""
        return String(rest.prefix { $0 != "\"" })
    }

    /// Sends a request with the session's token, unless it has one.
    func send(_ request: SyntheticRequest) throws {
        var request = request
        // A new session in each input would be one too many in the end; streams wait for others.
        if request.target.hasPrefix("/sessions") || request.target.hasPrefix("/events") { return }
        if !request.headers.contains(where: { $0.name.lowercased() == "authorization" }) {
            request.headers.append(("Authorization", "Bearer \(token)"))
        }
        if !request.body.isEmpty,
            !request.headers.contains(where: { $0.name.lowercased() == "content-type" })
        {
            request.headers.append(("Content-Type", "application/json"))
        }
        try check(Self.router.respond(to: request), request)
    }

    private func check(_ response: RecordedResponse, _ request: SyntheticRequest) throws {
        let name = "\(request.method) \(request.target): \(response.status)"
        try demand(response.status < 500, "\(name) \(response.text)")
        guard response.status >= 400, request.method != "HEAD" else { return }
        let type = response.header("Content-Type") ?? ""
        try demand(type.hasPrefix("application/problem+json"), "\(name) of type \(type)")
    }

    /// Looks at the machine, and ends the session.
    func finish() throws {
        let known = Array(token.utf8).withUnsafeBytes { Token($0) }
        if let known, let session = try? Self.service.store.session(known) {
            let violation = try Self.service.store.look(at: session) {
                $0.machine.invariantViolation()
            }
            try demand(violation == nil, violation ?? "")
        }
        let fields = [(name: "Authorization", value: "Bearer \(token)")]
        _ = Self.router.respond(to: SyntheticRequest("DELETE", "/sessions/\(id)", headers: fields))
    }
}
