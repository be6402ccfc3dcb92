import MicroHTTPD
import Testing

@Suite struct RequestTests {
    @Test(arguments: [
        ("", ""), ("?", ""), ("?a=1&b=2", "a=1;b=2;"), ("?a&b=", "a!;b=;"), ("?a=b=c", "a=b=c;"),
        ("?&&a=1&", "a=1;"), ("?=v", "=v;"), ("?a=%26%3D%2B&b=x+y", "a=&=+;b=x y;"),
        ("?%61=%C3%A9", "a=\u{e9};"), ("?order=3&order=4", "order=3;order=4;3"),
        ("?order", "order!;"),
        ("?a=/x?y", "a=/x?y;"),
    ])
    func query_withEscapes_isDecoded(query: String, expected: String) throws {
        for transport in Transport.allCases {
            let response = try transport.respond(to: SyntheticRequest("GET", "/query\(query)"))
            #expect(response.text == expected, "\(query)")
        }
    }

    @Test(arguments: [
        ("session=abc", "abc"), ("a=1; session=abc; b=2", "abc"), ("a=1;session=abc", "abc"),
        ("session=\"abc\"", "abc"), ("xsession=1", ""), ("session", ""), ("session=", ""),
        ("session=a=b", "a=b"), (";;; session=1", "1"),
    ])
    func cookie_amongOthers_isFound(header: String, expected: String) throws {
        for transport in Transport.allCases {
            let request = SyntheticRequest("GET", "/cookie", headers: [("Cookie", header)])
            #expect(try transport.respond(to: request).text == expected, "\(header)")
        }
    }

    @Test(arguments: Transport.allCases)
    func header_withOtherCase_isFound(transport: Transport) throws {
        let request = SyntheticRequest("GET", "/header", headers: [("X-SAMPLE", "one two")])
        #expect(try transport.respond(to: request).text == "one two")
        #expect(try transport.respond(to: SyntheticRequest("GET", "/header")).text == "")
    }

    @Test(arguments: Transport.allCases)
    func path_withEscapes_isDecoded(transport: Transport) throws {
        let request = SyntheticRequest("GET", "/path/%61%20+b?c")
        #expect(try transport.respond(to: request).text == "/path/a +b")
    }

    @Test(arguments: [0, 1, 58, 64, 1_023, 1_024, 1_025, 65_536, 300_000])
    func body_ofAnySize_arrivesWithPadding(count: Int) throws {
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 | 1) }
        let server = try SampleServer()
        let client = server.connect()
        for _ in 0..<2 {
            client.send(SyntheticRequest("POST", "/echo", body: body))
            #expect(client.readResponse()?.body == body)
            client.send(SyntheticRequest("POST", "/padding", body: body))
            #expect(client.readResponse()?.text == "zero")
        }
    }

    @Test func clientAddress_ofALocalClient_isLoopback() throws {
        let request = SyntheticRequest("GET", "/address")
        #expect(try Transport.socket.respond(to: request).text == "127.0.0.1")
        #expect(try Transport.process.respond(to: request).text == "::")
    }
}
