import TestSupport

/// One event as a client reads it.
struct ReceivedEvent: Equatable {
    var id: String?
    var name = ""
    var data = JSON.null

    /// Reads the lines of one event.
    init(_ text: Substring) throws {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            let value = String(parts[1].dropFirst())
            switch parts[0] {
            case "id": id = value
            case "event": name = value
            case "data": data = try JSON(parsing: value)
            default: break
            }
        }
    }

    /// The events of a stream that has ended; comments are left out.
    static func all(_ text: String) throws -> [ReceivedEvent] {
        try text.split(separator: "\n\n").filter { !$0.hasPrefix(":") }.map { try .init($0) }
    }

    /// What happened and where it led, such as `undo 3`.
    var summary: String { "\(name) \(data["step"].int ?? -1)" }
}

/// A spectator at a socket.
final class Spectator {
    let client: SocketClient
    private var text = ""

    /// Sends the request and reads the head of the answer.
    init(port: UInt16, token: String, _ target: String = "/events", lastEventID: String? = nil) {
        client = SocketClient(port: port)
        let further = lastEventID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        client.send(
            "GET \(target) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\(further)\r\n")
        status = client.readHead()?.status
    }

    let status: UInt32?

    /// The next event or comment; `nil` at the end of the stream.
    func next() -> String? {
        while true {
            if let end = text.firstRange(of: "\n\n") {
                defer { text.removeSubrange(..<end.upperBound) }
                return String(text[..<end.lowerBound])
            }
            guard let chunk = client.readChunk(), !chunk.isEmpty else { return nil }
            text += chunk
        }
    }

    /// The next event; comments are left out.
    func event() throws -> ReceivedEvent? {
        while let text = next() {
            if !text.hasPrefix(":") { return try ReceivedEvent(text[...]) }
        }
        return nil
    }
}
