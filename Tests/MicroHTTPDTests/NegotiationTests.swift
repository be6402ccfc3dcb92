import MicroHTTPD
import Testing

@Suite struct NegotiationTests {
    private func status(contentType: String?, body: String = "{}") -> UInt32 {
        let headers = contentType.map { [("Content-Type", $0)] } ?? []
        let request = SyntheticRequest("POST", "/pages", headers: headers, body: Array(body.utf8))
        return makeSampleRouter().respond(to: request).status
    }

    @Test(arguments: [
        "application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=utf-8", " application/json ", "application/json; Charset=UTF-8",
        "application/json; charset=\"utf-8\"", "application/json; version=1; charset=utf-8",
        "application/json;",
    ])
    func post_withTheRoutesType_isRead(contentType: String) {
        #expect(status(contentType: contentType) == 201)
    }

    @Test(arguments: [
        nil, "text/plain", "application/jsonx", "application/json, text/plain", "", ";",
        "application/json; charset=latin1", "application/json;x=1;charset=iso-8859-1",
        "application/json; charset=", "application/json; charset",
    ])
    func post_withAnotherType_isUnsupported(contentType: String?) {
        #expect(status(contentType: contentType) == 415)
        #expect(status(contentType: contentType, body: "") == 201)
    }

    @Test func unsupportedType_namesTheAcceptedOnes() {
        let request = SyntheticRequest("POST", "/pages", body: [1])
        #expect(makeSampleRouter().respond(to: request).header("Accept") == "application/json")
    }

    @Test(arguments: [
        ("*/*", "0"), ("application/json", "0"), ("text/plain", "1"), ("text/html", "2"),
        ("text/*", "1"), ("text/*, text/plain;q=0.2", "2"), ("text/html, */*;q=0.1", "2"),
        ("application/*;q=0.3, text/plain;q=0.5", "1"), ("*/*;q=0.5, application/json;q=0", "1"),
        ("TEXT/HTML", "2"), ("text/html ; q=0.8 , text/plain ; q=0.9", "1"),
        ("image/png, */*", "0"), ("application/json;q=0.999, text/html;q=1.0", "2"),
        ("text/plain;level=1;q=0.4, text/html;q=0.3", "1"), (",,text/html,", "2"),
    ])
    func get_withAccept_choosesTheBestType(accept: String, expected: String) throws {
        for transport in Transport.allCases {
            let request = SyntheticRequest("GET", "/formats", headers: [("Accept", accept)])
            let response = try transport.respond(to: request)
            let types = ["application/json", "text/plain", "text/html"]
            #expect(response.text == expected, "\(accept)")
            #expect(response.header("Content-Type") == Int(expected).map { types[$0] })
        }
    }

    @Test(arguments: [
        "image/png", "*/*;q=0", "application/json;q=0, text/*;q=0.0", "text", "text/htm",
        "application/json;q=x, text/*;q=0.000, image/*", "*",
    ])
    func get_withAcceptOfOtherTypes_isNotAcceptable(accept: String) {
        let request = SyntheticRequest("GET", "/formats", headers: [("Accept", accept)])
        #expect(makeSampleRouter().respond(to: request).status == 406)
    }

    @Test func get_fromRouteThatProducesNothing_ignoresAccept() {
        let request = SyntheticRequest("GET", "/anything", headers: [("Accept", "image/png")])
        let response = makeSampleRouter().respond(to: request)
        #expect(response.status == 200)
        #expect(response.header("Content-Type") == nil)
    }
}
