import Glibc
import MicroHTTPD
import Testing

@Suite(.serialized) struct HostileClientTests {
    @Test(
        arguments: [
            ("GET / FTP/1.1\r\n\r\n", [400, 505]), ("GET\r\n\r\n", [400]),
            ("\0\0\0\0\r\n\r\n", [400]), ("GET / HTTP/9.9\r\n\r\n", [505]),
            ("GET /pages/1 HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", [400]),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", [400]),
            ("GET /pages/1 HTTP/1.1\r\n\r\n", [400]),
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
            ("GET /pages/1 HTTP/1.1\r\nHost : a\r\n\r\n", [400]),
            ("GET /pages/1\0 HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
            ("GET /pages/1 HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n", [400]),
            (
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n1",
                [400]
            ),
            (
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                    + "Content-Length: 5\r\n\r\n0\r\n\r\n", [400]
            ),
        ] as [(String, [UInt32])])
    func malformedRequest_isRefusedOrDropped(text: String, statuses: [UInt32]) throws {
        let server = try SampleServer()
        let client = server.connect(timeoutInSeconds: 1)
        client.send(text)
        if let response = client.readResponse() {
            #expect(statuses.contains(response.status), "\(text.debugDescription)")
        }
        #expect(server.isAlive())
    }

    @Test func headers_ofABrowser_fit() throws {
        let server = try SampleServer()
        let headers = (0..<8).map { ("X-Field-\($0)", String(repeating: "v", count: 500)) }
        let response = server.respond(
            to: SyntheticRequest("GET", "/page", headers: headers))
        #expect(response?.status == 200)
        #expect(response?.header("Content-Security-Policy") != nil)
    }

    @Test(arguments: [6_000, 6_500, 7_000, 7_500, 7_700, 8_100, 9_000, 20_000, 200_000])
    func headers_ofAnySize_areAnsweredOrRefused(count: Int) throws {
        let server = try SampleServer()
        let client = server.connect(timeoutInSeconds: 1)
        let field = ("X-Large", String(repeating: "v", count: count))
        client.send(SyntheticRequest("GET", "/page", headers: [field]))
        let status = client.readResponse()?.status
        #expect(status == (count <= 6_500 ? 200 : 431))
        #expect(server.isAlive())
    }

    @Test func target_largerThanTheMemory_isURITooLong() throws {
        let server = try SampleServer()
        let target = "/pages/" + String(repeating: "x", count: 20_000)
        #expect(server.respond(to: SyntheticRequest("GET", target))?.status == 414)
        #expect(server.isAlive())
    }

    private static let unfinishedRequests = [
        "GET /pages/1 HT", "GET /pages/1 HTTP/1.1\r\nHost: te",
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "GET /large HTTP/1.1\r\nHost: test\r\n\r\n",
    ]

    /// See ``clients_thatVanishAtOnce_leaveNothingBehindTheIdleTime(text:)`` for why they wait.
    @Test(arguments: unfinishedRequests)
    func clients_thatVanishWhileServed_leaveNothingBehind(text: String) throws {
        let server = try SampleServer { $0.connectionsPerAddress = 0 }
        #expect(server.isAlive())
        let before = descriptorCount()
        for _ in 0..<10 {
            let clients = (0..<100).map { _ in server.connect() }
            for client in clients { client.send(text) }
            // A client that is not used any more is gone at once in an optimized build.
            withExtendedLifetime(clients) { #expect(isRead(by: server)) }
        }
        #expect(server.settle())
        #expect(server.isAlive())
        #expect(descriptorsReturn(to: before))
    }

    /// 0.9.75 does not see the end of a connection that comes together with the last bytes; such
    /// a connection goes with the idle time.
    @Test(arguments: unfinishedRequests)
    func clients_thatVanishAtOnce_leaveNothingBehindTheIdleTime(text: String) throws {
        let server = try SampleServer {
            $0.connectionsPerAddress = 0
            $0.connectionLimit = 4_000
            $0.idleTimeoutSeconds = 1
        }
        #expect(server.isAlive())
        let before = descriptorCount()
        for _ in 0..<1_000 { server.connect().send(text) }
        #expect(descriptorsReturn(to: before))
        #expect(server.settle())
        // Not before: one who waits behind a thousand on a busy machine is idle, too.
        #expect(server.isAlive())
    }

    @Test func idleClient_isCutOff() throws {
        let server = try SampleServer { $0.idleTimeoutSeconds = 1 }
        let client = server.connect()
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nabc")
        #expect(client.isClosedByServer())
        #expect(server.settle())
    }

    @Test func connections_beyondAnAddressesShare_areClosed() throws {
        let server = try SampleServer { $0.connectionsPerAddress = 2 }
        let first = server.connect()
        let second = server.connect()
        first.send(SyntheticRequest("GET", "/pages/1"))
        second.send(SyntheticRequest("GET", "/pages/2"))
        #expect(first.readResponse()?.text == "1")
        #expect(second.readResponse()?.text == "2")
        let third = server.connect()
        third.send(SyntheticRequest("GET", "/pages/3"))
        #expect(third.readResponse()?.status == nil)
    }
}

/// Whether a server has accepted and read all that was sent to it, within five seconds.
private func isRead(by server: SampleServer) -> Bool {
    for _ in 0..<500 {
        if unreadCount(port: server.server.port) == 0 { return true }
        usleep(10_000)
    }
    return false
}

/// How many connections to a port of this machine have bytes, or wait, that its owner did not take.
private func unreadCount(port: UInt16) -> Int {
    guard let table = fopen("/proc/net/tcp", "r") else { return -1 }
    defer { fclose(table) }
    let hexadecimal = String(port, radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
    var line = [CChar](repeating: 0, count: 256)
    var count = 0
    while fgets(&line, Int32(line.count), table) != nil {
        guard strstr(line, suffix) != nil else { continue }
        // sl local_address rem_address st tx_queue:rx_queue ...
        let fields = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            .split(separator: " ")
        if fields[1].hasSuffix(suffix), !fields[4].hasSuffix(":00000000") { count += 1 }
    }
    return count
}

/// How many descriptors this process has open.
private func descriptorCount() -> Int {
    guard let stream = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(stream) }
    var count = 0
    while readdir(stream) != nil { count += 1 }
    return count
}

/// Whether no more descriptors are open than before, within five seconds. The other suites, which
/// run at the same time, open some; a leak would show as a thousand.
private func descriptorsReturn(to before: Int) -> Bool {
    for _ in 0..<500 {
        if descriptorCount() < before + 100 { return true }
        usleep(10_000)
    }
    return false
}
