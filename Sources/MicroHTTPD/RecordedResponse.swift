/// A response as a client receives it.
public struct RecordedResponse: Sendable {
    /// The status code.
    public let status: UInt32
    /// Header fields in order, `Content-Length` among them.
    public let headers: [(name: String, value: String)]
    /// The body's bytes; none for HEAD and with status 304.
    public let body: [UInt8]

    /// Makes a response, for a client that read one from a socket.
    public init(status: UInt32, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    public var text: String {
        String(decoding: body, as: UTF8.self)
    }

    /// The value of the first header field of a name, compared without case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

extension Response {
    /// The response as a client would receive it.
    func recorded(withBody: Bool) -> RecordedResponse {
        var fields: [(name: String, value: String)] = []
        for index in 0..<self.fields.pointee.count {
            fields.append(
                (
                    String(cString: self.fields.pointee.name(at: index)),
                    String(cString: self.fields.pointee.value(at: index))
                ))
        }
        let sendsBody = withBody && status != 204 && status != 304
        if let streamedBody {
            fields.append(("Transfer-Encoding", "chunked"))
            return RecordedResponse(
                status: status, headers: fields, body: sendsBody ? streamedBody.readAll() : [])
        }
        if status != 204 { fields.append(("Content-Length", "\(body.count)")) }
        return RecordedResponse(
            status: status, headers: fields, body: sendsBody ? Array(body.bytes) : [])
    }
}
