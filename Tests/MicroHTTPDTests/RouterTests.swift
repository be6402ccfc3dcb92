import MicroHTTPD
import Testing

@Suite struct RouterTests {
    @Test(arguments: Transport.allCases)
    func respond_withPathOfAPattern_runsItsHandler(transport: Transport) throws {
        let expectations = [
            ("/pages", "list"), ("/pages/all", "all"), ("/pages/7", "7"),
            ("/pages/0xc1f4", "0xc1f4"),
            ("/pages/all/x/end", "x"), ("/DMA/10/end", "DMA|10"), ("/pages/all/end", "pages|all"),
            ("/pages/a%2Fb", "a/b"), ("/pages/%7e%C3%a9", "~\u{e9}"),
            ("http://example.org/pages/7", "7"),
        ]
        for (target, body) in expectations {
            let response = try transport.respond(to: SyntheticRequest("GET", target))
            #expect(response.status == 200, "\(target)")
            #expect(response.text == body, "\(target)")
            #expect(response.header("Content-Type") == "application/json")
            #expect(response.header("X-Content-Type-Options") == "nosniff")
        }
    }

    @Test(arguments: [
        "/", "/pagesx", "/pages/", "/pages//", "//pages", "/pages/7/", "/PAGES", "/pages/all/x/en",
        "/pages%2F7", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", "http://example.org",
    ])
    func respond_withUnknownPath_isNotFound(target: String) {
        let response = makeSampleRouter().respond(to: SyntheticRequest("GET", target))
        #expect(response.status == 404)
        #expect(response.text == "notFound")
        #expect(response.header("Content-Type") == "application/problem+json")
    }

    @Test(arguments: [
        ("/pages/%", "badEscape"), ("/pages/%4", "badEscape"), ("/pages/%zz", "badEscape"),
        ("/pages/a%00b", "nulByte"), ("/query?a=%", "badEscape"), ("/query?a%00=1", "nulByte"),
        ("pages", "malformedTarget"), ("*x", "malformedTarget"), ("", "malformedTarget"),
        ("/query?" + String(repeating: "a&", count: 65), "tooManyQueryItems(limit: 64)"),
    ])
    func respond_withMalformedTarget_isBadRequest(target: String, reason: String) {
        let response = makeSampleRouter().respond(to: SyntheticRequest("GET", target))
        #expect(response.status == 400)
        #expect(response.text.contains(reason), "\(response.text)")
    }

    @Test(arguments: Transport.allCases)
    func respond_withLongTarget_isURITooLong(transport: Transport) throws {
        let target = "/pages/" + String(repeating: "x", count: 5_000)
        let response = try transport.respond(to: SyntheticRequest("GET", target))
        #expect(response.status == 414)
    }

    @Test(arguments: [
        ("POST", "/pages/7", "GET, HEAD, DELETE, OPTIONS"),
        ("PUT", "/pages", "GET, HEAD, POST, OPTIONS"),
        ("TRACE", "/echo", "POST, OPTIONS"), ("BREW", "/echo", "POST, OPTIONS"),
        ("get", "/pages", "GET, HEAD, POST, OPTIONS"), ("HEAD", "/echo", "POST, OPTIONS"),
        ("PATCH", "/pages/all", "GET, HEAD, OPTIONS"),
    ])
    func respond_withOtherMethod_listsTheRegisteredOnes(
        method: String, target: String, allow: String
    ) throws {
        for transport in Transport.allCases {
            let response = try transport.respond(to: SyntheticRequest(method, target))
            #expect(response.status == 405)
            #expect(response.header("Allow") == allow)
        }
    }

    @Test(arguments: Transport.allCases)
    func respond_toOptions_listsMethodsWithoutBody(transport: Transport) throws {
        let response = try transport.respond(to: SyntheticRequest("OPTIONS", "/pages/7"))
        #expect(response.status == 204)
        #expect(response.header("Allow") == "GET, HEAD, DELETE, OPTIONS")
        let all = try transport.respond(to: SyntheticRequest("OPTIONS", "*"))
        #expect(all.status == 204)
        #expect(all.header("Allow") == "GET, HEAD, POST, DELETE, OPTIONS")
    }

    @Test(arguments: Transport.allCases)
    func respond_toHead_announcesTheLengthAndSendsNothing(transport: Transport) throws {
        let response = try transport.respond(to: SyntheticRequest("HEAD", "/pages/12345"))
        #expect(response.status == 200)
        #expect(response.header("Content-Length") == "5")
        #expect(response.body.isEmpty)
    }

    @Test func respond_withLargeBody_isPayloadTooLarge() {
        let request = SyntheticRequest("POST", "/echo", body: [UInt8](repeating: 65, count: 11))
        let response = makeSampleRouter().respond(to: request, bodyLimitInBytes: 10)
        #expect(response.status == 413)
        #expect(response.text == "payloadTooLarge(limitInBytes: 10)")
        #expect(makeSampleRouter().respond(to: request, bodyLimitInBytes: 11).status == 200)
    }

    @Test func routes_areAsGiven() {
        #expect(makeSampleRouter().routes.first?.pattern == "/pages")
    }
}
