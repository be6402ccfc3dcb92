import MicroHTTPD
import Testing

@Suite struct ResponseTests {
    @Test(arguments: Transport.allCases)
    func setHeader_withControlCharacter_isRefused(transport: Transport) throws {
        for value in ["a%0D%0AX-Evil:%201", "a%0Ab", "%01", "%7F", "a%09b"] {
            let request = SyntheticRequest("GET", "/set-header?value=\(value)")
            let response = try transport.respond(to: request)
            #expect(response.text == "refused", "\(value)")
            #expect(response.header("X-Value") == nil)
            #expect(response.header("X-Evil") == nil)
        }
        let response = try transport.respond(to: SyntheticRequest("GET", "/set-header?value=a+b"))
        #expect(response.header("X-Value") == "a b")
    }

    @Test(arguments: Transport.allCases)
    func addHeader_twice_sendsBoth(transport: Transport) throws {
        let response = try transport.respond(to: SyntheticRequest("GET", "/cookies"))
        let cookies = response.headers.filter { $0.name == "Set-Cookie" }.map(\.value)
        #expect(Set(cookies) == ["a=1", "b=2"])
        #expect(cookies.count == 2)
    }

    @Test(arguments: Transport.allCases)
    func protection_ofAPage_sendsTheWholeSet(transport: Transport) throws {
        for (target, status) in [("/page", 200), ("/nowhere", 404)] as [(String, UInt32)] {
            let response = try transport.respond(to: SyntheticRequest("GET", target))
            #expect(response.status == status)
            #expect(response.header("X-Content-Type-Options") == "nosniff")
            #expect(response.header("Referrer-Policy") == "no-referrer")
            #expect(
                response.header("Content-Security-Policy")
                    == "default-src 'self'; frame-ancestors 'none'")
            #expect(response.header("Cross-Origin-Resource-Policy") == "same-origin")
        }
        let bare = try transport.respond(to: SyntheticRequest("GET", "/bare"))
        #expect(bare.header("X-Content-Type-Options") == nil)
        #expect(bare.header("Content-Type") == nil)
    }

    @Test(arguments: Transport.allCases)
    func body_ofAMegabyte_arrivesWhole(transport: Transport) throws {
        let response = try transport.respond(to: SyntheticRequest("GET", "/large"))
        #expect(response.body.count == 1_000_000)
        #expect(response.body.allSatisfy { $0 == 0x78 })
    }

    @Test func status204_hasNoContentLength() throws {
        let response = try Transport.socket.respond(to: SyntheticRequest("DELETE", "/pages/1"))
        #expect(response.status == 204)
        #expect(response.header("Content-Length") == nil)
        #expect(response.header("Date") != nil)
    }
}
