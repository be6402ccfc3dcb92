import MicroHTTPD
import Testing

/// What a response says of the request's name and of the trace that it belongs to.
@Suite struct RequestNameTests {
    private func response(
        _ headers: [(name: String, value: String)], _ transport: Transport = .process
    ) throws -> RecordedResponse {
        try transport.respond(to: SyntheticRequest("GET", "/pages/7", headers: headers))
    }

    @Test func requestID_ofTheClient_comesBack() throws {
        for transport in Transport.allCases {
            for name in ["a", "7f3c-0001", String(repeating: "x", count: 128), "~!{}"] {
                let response = try response([("x-request-ID", name)], transport)
                #expect(response.header("X-Request-Id") == name)
            }
        }
    }

    @Test(arguments: ["", "a b", "caf\u{e9}", String(repeating: "x", count: 129)])
    func requestID_thatCannotBeKept_isReplaced(name: String) throws {
        let made = try #require(try response([("X-Request-Id", name)]).header("X-Request-Id"))
        #expect(made != name)
        #expect(made.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]+-[0-9a-f]+/) != nil, "\(made)")
    }

    @Test func requestIDs_thatAreMade_differOnAndBetweenConnections() throws {
        let server = try SampleServer()
        var names: Set<String> = []
        for _ in 0..<3 {
            let client = server.connect()
            for _ in 0..<4 {
                client.send(SyntheticRequest("GET", "/none"))
                names.insert(try #require(client.readResponse()?.header("X-Request-Id")))
            }
        }
        #expect(names.count == 12)
    }

    @Test(arguments: [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false), ("", false),
    ])
    func traceParent_thatIsOne_comesBack(field: String, isOne: Bool) throws {
        for transport in Transport.allCases {
            let response = try response([("Traceparent", field)], transport)
            #expect(response.header("traceparent") == (isOne ? field : nil))
        }
    }

    @Test func success_withoutAName_getsNone() throws {
        for transport in Transport.allCases {
            #expect(try response([], transport).header("X-Request-Id") == nil)
        }
    }

    @Test func refusals_haveNames() throws {
        for transport in Transport.allCases {
            let request = SyntheticRequest("GET", "/none", headers: [("X-Request-Id", "mine")])
            #expect(try transport.respond(to: request).header("X-Request-Id") == "mine")
        }
    }

    @Test func names_beside_theLongestHeaders_leaveRoomForTheAnswer() throws {
        let server = try SampleServer {
            $0.rateLimit = RateLimit(requests: 1_000, seconds: 60, countsLoopback: true)
        }
        for count in stride(from: 5_600, through: 6_600, by: 50) {
            let request = SyntheticRequest(
                "GET", "/none",
                headers: [
                    ("X-Request-Id", String(repeating: "n", count: 128)),
                    (
                        "traceparent",
                        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-"
                            + String(repeating: "t", count: 72)
                    ),
                    ("X-Filler", String(repeating: "f", count: count)),
                ])
            let answer = try #require(server.respond(to: request), "\(count) bytes")
            #expect([404, 431].contains(answer.status))
        }
    }
}
