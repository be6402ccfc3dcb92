import MicroHTTPD
import Testing

/// What pages of other origins may do.
@Suite struct CrossOriginTests {
    private func respond(
        _ origins: [String], _ method: String = "GET", _ target: String = "/pages/7",
        _ headers: [(name: String, value: String)] = [("Origin", "https://school.example")]
    ) -> RecordedResponse {
        let router = Router(
            routes: [
                Route(.get, "/pages/{ref}") { _, response in response.body.append("page") },
                Route(.delete, "/pages/{ref}") { _, response in response.status = 204 },
            ], crossOrigin: CrossOrigin(origins: origins)
        ) { _, _, response in response.body.append("refused") }
        let response = router.respond(to: SyntheticRequest(method, target, headers: headers))
        #expect(response.header("Access-Control-Allow-Credentials") == nil)
        return response
    }

    private let preflight: [(name: String, value: String)] = [
        ("Origin", "https://school.example"), ("Access-Control-Request-Method", "DELETE"),
        ("Access-Control-Request-Headers", "authorization,x-kmemlab"),
    ]

    @Test func nobody_isAllowed_unlessNamed() {
        for origins in [[], ["https://other.example"], ["http://school.example"]] {
            for request in [[("Origin", "https://school.example")], preflight] {
                let response = respond(origins, "OPTIONS", "/pages/7", request)
                #expect(response.status == 204)
                #expect(response.headers.allSatisfy { !$0.name.hasPrefix("Access-Control") })
                #expect(response.header("Vary") == (origins.isEmpty ? nil : "Origin"))
            }
        }
    }

    @Test func allowedOrigin_mayReadTheAnswer_andItsFields() {
        let response = respond(["https://a.example", "https://School.example"])
        #expect(response.header("Access-Control-Allow-Origin") == "https://school.example")
        #expect(response.header("Vary") == "Origin")
        let exposed = response.header("Access-Control-Expose-Headers") ?? ""
        for name in ["ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-Id"] {
            #expect(exposed.contains(name), "\(name)")
        }
        #expect(response.header("Access-Control-Allow-Methods") == nil)
    }

    @Test func refusals_canBeRead() {
        let response = respond(["https://school.example"], "GET", "/none")
        #expect(response.status == 404)
        #expect(response.header("Access-Control-Allow-Origin") == "https://school.example")
    }

    @Test func preflight_isAnsweredForAWhile() {
        let response = respond(["https://school.example"], "OPTIONS", "/pages/7", preflight)
        #expect(response.status == 204)
        #expect(response.header("Access-Control-Allow-Methods") == "GET, HEAD, DELETE, OPTIONS")
        #expect(response.header("Access-Control-Allow-Methods") == response.header("Allow"))
        let allowed = response.header("Access-Control-Allow-Headers") ?? ""
        for name in ["Authorization", "Content-Type", "X-Kmemlab", "If-Match", "Idempotency-Key"] {
            #expect(allowed.contains(name), "\(name)")
        }
        #expect(response.header("Access-Control-Max-Age") == "7200")
    }

    @Test func anyOrigin_isAllowedWithAStar() {
        let response = respond(["*"])
        #expect(response.header("Access-Control-Allow-Origin") == "*")
        #expect(response.header("Vary") == nil)
        #expect(respond(["*"], "GET", "/pages/7", []).header("Access-Control-Allow-Origin") == nil)
    }

    @Test(arguments: [
        ("https://a.example", true), ("http://localhost:3000", true), ("*", true),
        ("https://a.example/", false), ("a.example", false), ("ftp://a.example", false),
        ("https://", false), ("", false), ("null", false), ("https://a.example b", false),
    ])
    func origin_hasToBeOne(origin: String, isOne: Bool) {
        #expect((CrossOrigin.fault(of: origin) == nil) == isOne)
    }
}
