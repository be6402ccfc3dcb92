import Glibc
import MemoryAPI
import MicroHTTPD
import Testing

/// A handful of requests through a real socket.
@Suite struct SocketTests {
    private func withServer(_ body: (UInt16) throws -> Void) throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        let server = try Server(configuration: configuration, router: MemoryService().router())
        defer { server.stop(gracePeriodInSeconds: 2) }
        try body(server.port)
    }

    @Test func session_overASocket_allocatesAndFrees() throws {
        try withServer { port in
            let socket = try PlainSocket(port)
            let boot = try socket.ask(
                "POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            #expect(boot.hasPrefix("HTTP/1.1 201"))
            let start = try #require(boot.firstRange(of: "\"token\":\"")).upperBound
            let token = boot[start...].prefix { $0 != "\"" }
            let head = "Host: x\r\nAuthorization: Bearer \(token)\r\n"
            let body = #"{"order":1}"#
            let allocated = try socket.ask(
                "POST /pages HTTP/1.1\r\n\(head)Content-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(allocated.contains("Location: /pages/1"))
            let freed = try socket.ask("DELETE /pages/1 HTTP/1.1\r\n\(head)\r\n")
            #expect(freed.hasPrefix("HTTP/1.1 200"))
            let zones = try socket.ask("GET /zones HTTP/1.1\r\n\(head)\r\n")
            #expect(zones.contains("\"step\":2"))
        }
    }

    @Test func refusal_overASocket_isAProblem() throws {
        try withServer { port in
            let answer = try PlainSocket(port).ask("GET /zones HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 401"))
            #expect(answer.contains("application/problem+json"))
        }
    }
}

/// A connection that sends a text and reads one answer whose length is announced.
private final class PlainSocket {
    private let descriptor: Int32

    init(_ port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        try #require(code == 0)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func ask(_ request: String) throws -> String {
        #expect(send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0)
        var received = ""
        var block = [UInt8](repeating: 0, count: 65_536)
        while !isWhole(received) {
            let count = recv(descriptor, &block, block.count, 0)
            try #require(count > 0)
            received += String(decoding: block[..<count], as: UTF8.self)
        }
        return received
    }

    private func isWhole(_ text: String) -> Bool {
        guard let head = text.firstRange(of: "\r\n\r\n"),
            let field = text.firstRange(of: "Content-Length: ")
        else { return false }
        let length = Int(text[field.upperBound...].prefix { $0.isNumber }) ?? 0
        return text[head.upperBound...].utf8.count >= length
    }
}
