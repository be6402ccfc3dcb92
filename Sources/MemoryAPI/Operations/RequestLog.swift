import Logging
import MicroHTTPD

/// Writes one line for each request, at the level `debug`.
///
/// Only what the service itself has made goes in, and the client's address: the route's pattern, never the
/// path, the query, a header field or the body, any of which may hold a token. The id of a request
/// may be the client's: it has to look like one.
struct RequestLog: RequestObserver {
    private let log: Logger
    private let patterns: [String]

    /// - Returns: `nil` if the log would not show any line.
    init?(_ log: Logger, _ routes: [Route]) {
        guard log.logLevel <= .debug else { return nil }
        self.log = log
        patterns = routes.map(\.pattern)
    }

    /// Writes the line of one request.
    func answered(
        _ request: borrowing Request, _ response: borrowing Response, route: Int?,
        nanoseconds: UInt64
    ) {
        var fields: Logger.Metadata = [
            "method": "\(request.method == .other ? "(other)" : request.method.name)",
            "route": "\(route.map { patterns[$0] } ?? "(none)")",
            "status": .stringConvertible(response.status),
            "microseconds": .stringConvertible(nanoseconds / 1_000),
            "bytes": .stringConvertible(response.isStream ? 0 : response.body.count),
            "client": "\(request.clientAddress)",
        ]
        if let id = Self.requestID(response) { fields["request_id"] = "\(id)" }
        if let kind = ProblemKind(tag: response.tag) { fields["problem"] = "\(kind.rawValue)" }
        log.debug("request", metadata: fields)
    }

    /// The id that the answer says its request has.
    private static func requestID(_ response: borrowing Response) -> String? {
        guard let bytes = response.header("X-Request-Id"), bytes.count <= 128,
            bytes.allSatisfy({ isWord($0) })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
