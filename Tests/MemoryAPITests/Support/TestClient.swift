import MemoryAPI
import MicroHTTPD
import SessionJournal
import Testing

/// A client of a service in the same process. It checks every response against the OpenAPI file.
struct TestClient {
    let router: Router
    var token: String?
    var viewToken = ""
    var id = ""

    /// A client of a new service, with a session on it.
    init(
        _ machine: String = "classroom", cpus: Int = 1, options: String = "",
        limits: SessionLimits = SessionLimits(), journal: (any JournalStore)? = nil,
        now: @escaping @Sendable () -> UInt64 = monotonicSeconds
    ) throws {
        router = MemoryService(
            limits: limits, description: testDescription, journal: journal, now: now
        ).router()
        try boot(machine, cpus: cpus, options: options)
    }

    /// A client of a service, without a session.
    init(_ router: Router) {
        self.router = router
        token = nil
    }

    /// The same client of another service.
    func client(of router: Router) -> TestClient {
        var other = TestClient(router)
        (other.token, other.viewToken, other.id) = (token, viewToken, id)
        return other
    }

    /// The same client of a service that was started anew with the same journal.
    func afterRestart(
        _ journal: any JournalStore, limits: SessionLimits = SessionLimits(),
        recordings: RecordingLibrary = RecordingLibrary(),
        now: @escaping @Sendable () -> UInt64 = monotonicSeconds
    ) -> TestClient {
        client(
            of: MemoryService(
                limits: limits, description: testDescription, journal: journal,
                recordings: recordings, now: now
            ).router())
    }

    /// Boots a machine and goes on with its token.
    ///
    /// - Parameter options: further members, as JSON.
    mutating func boot(
        _ machine: String = "classroom", cpus: Int = 1, options: String = ""
    ) throws {
        let further = options.isEmpty ? "" : "," + options
        let body = #"{"machine":"\#(machine)","cpus":\#(cpus)\#(further)}"#
        let answer = try post("/sessions", body)
        let fullToken: String = try #require(answer.json["token"].string)
        token = fullToken
        viewToken = try #require(answer.json["view_token"].string)
        id = try #require(answer.json["id"].string)
    }

    func get(_ target: String, headers: [(name: String, value: String)] = []) throws -> Reply {
        try send("GET", target, headers: headers)
    }

    func post(
        _ target: String, _ body: String = "", headers: [(name: String, value: String)] = []
    ) throws -> Reply {
        try send("POST", target, headers: headers, body: Array(body.utf8))
    }

    func put(_ target: String, _ body: String) throws -> Reply {
        try send("PUT", target, body: Array(body.utf8))
    }

    func delete(_ target: String) throws -> Reply { try send("DELETE", target) }

    /// The state's whole description, to see that nothing has changed.
    func snapshot(at step: Int? = nil) throws -> String {
        try get("/snapshot" + (step.map { "?step=\($0)" } ?? "")).text
    }

    func send(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) throws -> Reply {
        var headers = headers
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if !body.isEmpty, !headers.contains(where: { $0.name == "Content-Type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        let request = SyntheticRequest(method, target, headers: headers, body: body)
        let response = router.respond(to: request)
        #expect(Interface.shared.faults(request, response) == [])
        return try Reply(response)
    }
}

/// A response with its body read.
struct Reply {
    let response: RecordedResponse
    let json: JSON

    init(_ response: RecordedResponse) throws {
        self.response = response
        let type = response.header("Content-Type") ?? ""
        let isJSON = type.hasSuffix("json") && type != "application/x-ndjson"
        json = isJSON && !response.body.isEmpty ? try JSON(parsing: response.text) : .null
    }

    var status: UInt32 { response.status }
    var text: String { response.text }
    /// The last part of a problem's type.
    var problem: String? { json["type"].string.map { String($0.dropFirst("/problems/".count)) } }
}

let testDescription = InterfaceDescription(yaml: Interface.shared.yaml, json: "{}")
