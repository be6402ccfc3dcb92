@testable import MicroHTTPD

extension FuzzTarget {
    /// The router with a few routes of every shape: any method, target, header fields and body get an
    /// answer that HTTP knows.
    static let router = FuzzTarget(name: "router") { bytes in
        let request = SyntheticRequest(written: bytes)
        let response = sample.respond(to: request, bodyLimitInBytes: 4_096)
        try demand(
            [0, 200, 304, 400, 404, 405, 406, 413, 414, 415, 431].contains(response.status),
            "\(response.status)")
        if response.status == 405 {
            try demand(response.header("Allow") != nil, "405 without Allow")
        }
        for field in response.headers {
            let isClean = field.value.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
            try demand(isClean, "\(field.name): \(field.value.debugDescription)")
        }
    }

    private static let sample = Router(routes: [
        route(.get, "/items"), route(.post, "/items"), route(.get, "/items/{ref}"),
        route(.delete, "/items/{ref}"), route(.get, "/items/{ref}/parts/{part}"),
        route(.get, "/items/fixed"), route(.put, "/a/b/c/d/e/f/{last}"),
    ]) { problem, _, response in response.body.append("\(problem)") }

    private static func route(_ method: HTTPMethod, _ pattern: String) -> Route {
        Route(
            method, pattern, consumes: ["application/json", "text/x-any"],
            produces: ["application/json", "text/html", "text/plain"]
        ) { request, response in
            response.body.append("\(request.body.count)")
            for name: StaticString in ["order", "a", "%", "limit"] {
                guard let value = request.query(name) else { continue }
                response.setHeader("X-Query", bytes: value)
            }
            if let field = request.header("X-Any") { response.setHeader("X-Any", bytes: field) }
        }
    }
}

extension SyntheticRequest {
    /// A request as it would be on the wire, however wrong: a request line, header fields, an empty line
    /// and a body.
    init(written bytes: UnsafeRawBufferPointer) {
        var lines: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            if line.isEmpty { break }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 1)
        // libmicrohttpd ends a method, a name and a value at a NUL and lets no other control through.
        let fields = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !line.utf8.contains(where: { $0 < 32 }) else { return nil }
            return (String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
        self.init(
            words.first.map { String($0) } ?? "GET", words.count > 1 ? String(words[1]) : "/",
            headers: fields, body: Array(rest))
    }
}
