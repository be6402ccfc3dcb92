/// What was answered to a request that its client may send again by the same name.
public struct StoredAnswer: Hashable, Sendable {
    /// What the client calls the request by.
    public let key: [UInt8]
    /// The hash of what was asked for, so that another request of that name is noticed.
    public let request: UInt64
    /// The HTTP status.
    public let status: UInt32
    /// The media type of the body; empty for none.
    public let contentType: [UInt8]
    /// Where something is that the request made; empty for nothing.
    public let location: [UInt8]
    /// The body; `nil` if it was too long to be kept.
    public let body: [UInt8]?

    /// An answer.
    public init(
        key: [UInt8], request: UInt64, status: UInt32, contentType: [UInt8], location: [UInt8],
        body: [UInt8]?
    ) {
        self.key = key
        self.request = request
        self.status = status
        self.contentType = contentType
        self.location = location
        self.body = body
    }
}
