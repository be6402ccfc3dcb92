import MicroHTTPD
import Testing

@testable import MemoryAPI

/// What all paths have in common.
@Suite struct ConventionTests {
    private let endpoints = MemoryService().endpoints

    /// Every path with some value for each placeholder, and its methods by the OpenAPI file.
    private var paths: [String: Set<String>] {
        Dictionary(grouping: Interface.shared.operations) { $0.path }.mapValues { operations in
            let methods = Set(operations.map(\.method))
            return methods.union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"])
        }
    }

    private func target(_ path: String) -> String { path.replacing(/\{[a-z]+\}/, with: "1") }

    @Test func options_listTheDescribedMethods_andNoOthers() throws {
        let client = TestClient(MemoryService(description: testDescription).router())
        for (path, methods) in paths {
            let reply = try client.send("OPTIONS", target(path))
            #expect(reply.status == 204)
            let allowed = reply.response.header("Allow").map { $0.split(separator: ", ") } ?? []
            #expect(Set(allowed.map(String.init)) == methods, "\(path)")
        }
    }

    @Test func otherMethods_areProblems_thatNameTheRight() throws {
        let client = TestClient(MemoryService(description: testDescription).router())
        let all = [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "get",
        ]
        for (path, methods) in paths {
            for method in all where !methods.contains(method) {
                let reply = try client.send(method, target(path))
                #expect(reply.status == 405, "\(method) \(path)")
                #expect(reply.response.header("Content-Type") == "application/problem+json")
                let allowed = reply.response.header("Allow").map { $0.split(separator: ", ") } ?? []
                #expect(Set(allowed.map(String.init)) == methods, "\(path)")
            }
        }
    }

    @Test func head_isGetWithoutABody() throws {
        var client = try TestClient()
        _ = try client.post("/pages", #"{"order":1}"#)
        client = client.client(of: client.router)
        for path in [
            "/pages", "/pages/1", "/snapshot", "/zones", "/version", "/problems", "/proc/buddyinfo",
        ] {
            let (get, head) = (
                try client.get(path), try client.router.respond(to: head(path, client))
            )
            #expect(head.status == get.status)
            #expect(head.body.isEmpty)
            for name in ["Content-Type", "Content-Length", "ETag", "Cache-Control"] {
                #expect(head.header(name) == get.response.header(name), "\(name) of \(path)")
            }
        }
    }

    private func head(_ path: String, _ client: TestClient) throws -> SyntheticRequest {
        let token = try #require(client.token)
        return SyntheticRequest("HEAD", path, headers: [("Authorization", "Bearer \(token)")])
    }

    @Test(arguments: [
        ("/pages", "pages", "id"), ("/kmalloc", "kmalloc", "id"), ("/journal", "entries", "step"),
        ("/caches", "caches", "name"), ("/vmalloc", "areas", "address"),
        ("/page-tables", "ranges", "start_address"),
        ("/frames", "runs", "start_pfn"), ("/caches/mine/objects", "objects", "id"),
        ("/caches/mine", "slabs", "pfn"),
        ("/kmap", "slots", "index"),
    ])
    func list_goesOnWhereItsLinkLeads(path: String, member: String, name: String) throws {
        let client = try TestClient("i386")
        _ = try client.post("/caches", #"{"name":"mine","size":2000}"#)
        for _ in 0..<40 { _ = try client.post("/caches/mine/objects") }
        for order in 0..<5 { _ = try client.post("/pages", #"{"order":\#(order)}"#) }
        for size in 1..<5 { _ = try client.post("/kmalloc", #"{"size":\#(size)}"#) }
        for _ in 0..<4 { _ = try client.post("/vmalloc", #"{"size":5000}"#) }
        let whole = try client.get(path).json
        // Only pages of two entries are followed; a long list need not be followed to its end.
        var found: [String] = []
        var next: String? = "\(path)?step=\(whole["step"].int ?? 0)&limit=2"
        for _ in 0..<200 {
            guard let target = next else { break }
            let reply = try client.get(target)
            #expect(reply.status == 200, "\(target)")
            let entries = reply.json[member].array
            #expect(entries.count <= 2)
            found += entries.map { "\($0[name])" }
            next = reply.response.header("Link").flatMap { link in
                link.wholeMatch(of: /<(.*)>; rel="next"/).map { String($0.1) }
            }
            #expect((next == nil) == (reply.json["next"] == .null))
        }
        #expect(found.count > 2)
        let all = whole[member].array.map { "\($0[name])" }
        #expect(Array(found.prefix(all.count)) == Array(all.prefix(found.count)))
    }

    @Test func links_keepParametersEscaped() throws {
        let client = try TestClient("i386")
        _ = try client.post("/caches", #"{"name":"a/b&c=%","size":3000}"#)
        for _ in 0..<40 { _ = try client.post("/caches/a%2Fb%26c%3D%25/objects") }
        let reply = try client.get("/caches/a%2Fb%26c%3D%25/objects?limit=1")
        let link = try #require(reply.response.header("Link"))
        #expect(link.hasPrefix("</caches/a%2Fb%26c%3D%25/objects?limit=1&cursor=0x"))
    }

    @Test func snapshot_packed_canBeAskedForAgain() throws {
        let client = try TestClient("i386")
        let gzip: (name: String, value: String) = ("Accept-Encoding", "gzip")
        func ask(_ known: String?) -> RecordedResponse {
            var headers = [gzip, ("Authorization", "Bearer \(client.token ?? "")")]
            if let known { headers.append(("If-None-Match", known)) }
            return client.router.respond(to: SyntheticRequest("GET", "/snapshot", headers: headers))
        }
        let packed = ask(nil)
        let tag = try #require(packed.header("ETag"))
        #expect(packed.header("Content-Encoding") == "gzip")
        #expect(tag.hasSuffix("-0-gzip\""))
        let plain = try client.get("/snapshot")
        #expect(plain.response.header("ETag") == tag.replacing("-gzip", with: ""))
        #expect(packed.body.count < plain.response.body.count / 3)
        #expect(ask(tag).status == 304)
        #expect(ask(tag).header("ETag") == tag)
        #expect(ask(plain.response.header("ETag")).status == 304)
        #expect(ask("W/" + tag).status == 304)
        // A change may name the state by either.
        let made = try client.send("POST", "/pages", headers: [("If-Match", tag)])
        #expect(made.status == 201)
        #expect(try client.send("POST", "/pages", headers: [("If-Match", tag)]).status == 412)
        #expect(ask(tag).status == 200)
    }

    @Test func version_isTheDescriptions() throws {
        let client = TestClient(MemoryService(description: testDescription).router())
        let reply = try client.get("/version")
        #expect(reply.json["name"].string == "kmemlab")
        #expect(reply.json["kernel_release"].string == "6.1.192")
        #expect(reply.json["api_version"] == Interface.shared.document["info"]["version"])
        #expect(
            reply.response.header("Link")?.hasPrefix("</openapi.json>; rel=\"service-desc\"")
                == true)
    }

    private typealias Fields = [(name: String, value: String)]
    private static let origins: [(Fields, Bool)] = [
        ([("Origin", "https://lab.example"), ("Host", "lab.example")], true),
        ([("Origin", "http://lab.example:8080"), ("Host", "lab.example:8080")], true),
        ([("Host", "lab.example")], true), ([("Sec-Fetch-Site", "same-origin")], true),
        ([("Sec-Fetch-Site", "none")], true),
        ([("Origin", "http://lab.example:3000"), ("Host", "lab.example:8080")], false),
        ([("Origin", "https://evil-lab.example"), ("Host", "lab.example")], false),
        ([("Origin", "null"), ("Host", "lab.example")], false),
        ([("Origin", "https://lab.example")], false),
        ([("Sec-Fetch-Site", "same-site")], false), ([("Sec-Fetch-Site", "cross-site")], false),
    ]

    @Test(arguments: origins)
    func cookie_isNotSet_forPagesOfOtherOrigins(
        headers: [(name: String, value: String)], isSet: Bool
    ) throws {
        let client = TestClient(MemoryService(description: testDescription).router())
        let reply = try client.post("/sessions", #"{"machine":"classroom"}"#, headers: headers)
        #expect(reply.status == 201)
        #expect((reply.response.header("Set-Cookie") != nil) == isSet)
    }

    /// What HTML forms can send without asking: they must not change a session by the cookie alone.
    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", nil,
    ])
    func form_ofAnotherPage_changesNothing(type: String?) throws {
        let client = try TestClient()
        let cookie = (name: "Cookie", value: "kmemlab_session=\(try #require(client.token))")
        let before = try client.snapshot()
        for endpoint in endpoints where endpoint.route.method != .get {
            // These are of no session, and set no cookie that counts.
            let sessionless = ["/sessions", "/grade", "/exercises/{topic}"]
            guard !sessionless.contains(endpoint.route.pattern) else { continue }
            let path = endpoint.route.pattern.replacing("{id}", with: client.id)
            for body in ["", #"{"call":"alloc_page(GFP_KERNEL)"}"#] {
                var headers = [cookie]
                if let type { headers.append(("Content-Type", type)) }
                let reply = client.router.respond(
                    to: SyntheticRequest(
                        "\(endpoint.route.method.name)", target(path), headers: headers,
                        body: Array(body.utf8)))
                #expect([403, 415].contains(reply.status), "\(path): \(reply.text)")
            }
        }
        #expect(try client.snapshot() == before)
    }
}
