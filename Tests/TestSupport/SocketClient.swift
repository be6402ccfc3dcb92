import Glibc
import MicroHTTPD

/// A client that sends exactly the bytes it is told to, and reads what a server answers.
public final class SocketClient {
    private let descriptor: Int32
    /// The port that it is connected to.
    public let port: UInt16
    private var received: [UInt8] = []

    /// Connects to a port of this machine; reads give up after a few seconds.
    public init(port: UInt16, timeoutInSeconds: Int = 5) {
        self.port = port
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        precondition(code == 0, "cannot connect to port \(port): errno \(errno)")
        var limit = timeval(tv_sec: timeoutInSeconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Sends all bytes, or stops when the server has closed.
    public func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress! + sent, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Closes the sending side only.
    public func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Sends text.
    public func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Sends a request the way an ordinary client would.
    public func send(_ request: SyntheticRequest) {
        var head = "\(request.method) \(request.target) HTTP/1.1\r\nHost: test\r\n"
        for field in request.headers { head += "\(field.name): \(field.value)\r\n" }
        if !request.body.isEmpty { head += "Content-Length: \(request.body.count)\r\n" }
        send(Array((head + "\r\n").utf8) + request.body)
    }

    /// Reads one response whose length is announced.
    ///
    /// - Parameter isHead: whether it answers HEAD, so that no body follows.
    /// - Returns: `nil` when the server closed the connection, or said nothing in time.
    public func readResponse(isHead: Bool = false) -> RecordedResponse? {
        while true {
            if let end = endOfHead {
                let head = parseHead(String(decoding: received[..<end], as: UTF8.self))
                let length =
                    isHead || head.status == 204 || head.status == 304 || head.status < 200
                    ? 0 : Int(head.header("Content-Length") ?? "0") ?? 0
                if received.count >= end + 4 + length {
                    let body = Array(received[(end + 4)..<(end + 4 + length)])
                    received.removeFirst(end + 4 + length)
                    return RecordedResponse(status: head.status, headers: head.headers, body: body)
                }
            }
            guard receiveMore() else { return nil }
        }
    }

    /// Reads the head of a response whose body comes in chunks, or whose end is the connection's.
    ///
    /// - Returns: the response without its body; `nil` as with ``readResponse(isHead:)``.
    public func readHead() -> RecordedResponse? {
        while endOfHead == nil { guard receiveMore() else { return nil } }
        guard let end = endOfHead else { return nil }
        let head = parseHead(String(decoding: received[..<end], as: UTF8.self))
        received.removeFirst(end + 4)
        return head
    }

    /// Reads one chunk of a body.
    ///
    /// - Returns: its bytes as text, none at the end of the body; `nil` when the server closed the
    ///   connection, or said nothing in time.
    public func readChunk() -> String? {
        while true {
            if let lineEnd = received.firstIndex(of: 10),
                let count = Int(
                    String(decoding: received[..<(lineEnd - 1)], as: UTF8.self), radix: 16),
                received.count >= lineEnd + 1 + count + 2
            {
                let chunk = received[(lineEnd + 1)..<(lineEnd + 1 + count)]
                defer { received.removeFirst(lineEnd + 1 + count + 2) }
                return String(decoding: chunk, as: UTF8.self)
            }
            guard receiveMore() else { return nil }
        }
    }

    /// Reads everything up to the end of the connection.
    public func readToEnd() -> String {
        while receiveMore() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Whether the server has closed the connection and no byte is left.
    public func isClosedByServer() -> Bool {
        received.isEmpty && !receiveMore() && errno != EAGAIN
    }

    private func receiveMore() -> Bool {
        var block = [UInt8](repeating: 0, count: 65_536)
        errno = 0
        let count = recv(descriptor, &block, block.count, 0)
        guard count > 0 else { return false }
        received += block[..<count]
        return true
    }

    /// Where the empty line behind the headers begins.
    private var endOfHead: Int? {
        guard received.count >= 4 else { return nil }
        return (0...(received.count - 4)).first {
            received[$0] == 13 && received[$0 + 1] == 10 && received[$0 + 2] == 13
                && received[$0 + 3] == 10
        }
    }

    private func parseHead(_ text: String) -> RecordedResponse {
        let lines = text.split(separator: "\r\n")
        let status = UInt32(lines[0].split(separator: " ")[1]) ?? 0
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
        }
        return RecordedResponse(status: status, headers: fields, body: [])
    }
}
