extension Response {
    /// Bodies from this size on are packed, in bytes; what is smaller fits into a packet or two.
    static let packedFrom = 4_096
    /// What the tag of a packed body has behind that of the plain one.
    private static let suffix: StaticString = "-gzip"

    /// Packs the body for a client that wants that.
    ///
    /// A packed body has an entity tag of its own, the plain one's with `-gzip` before the last quote (RFC 9110,
    /// 8.8.3). Streams are sent as they are.
    @inline(__always)
    mutating func compress(for exchange: UnsafeMutablePointer<Exchange>) {
        if _fastPath(body.count < Self.packedFrom) { return }
        compressLargeBody(for: exchange)
    }

    @inline(never)
    private mutating func compressLargeBody(for exchange: UnsafeMutablePointer<Exchange>) {
        guard !isStream, isCompressible else { return }
        addHeader("Vary", bytes: rawBytes("Accept-Encoding"))
        guard let field = exchange.pointee.header("Accept-Encoding"), acceptsGzip(field) else {
            return
        }
        // A 304 speaks of the body that the client has.
        if status == 304, !hasPackedBody(exchange) { return }
        guard let packed = Compressor.shared.packed(body.bytes) else { return }
        body = packed
        if status != 304 { setHeader("Content-Encoding", "gzip") }
        markEntityTag()
    }

    /// Whether the body is of a type that becomes smaller; a 304 has none, and its tag tells.
    private var isCompressible: Bool {
        guard let type = header("Content-Type") else { return status == 304 }
        return type.withUnsafeBytes { type in
            type.starts(with: rawBytes("text/")) || contains(type, "json")
                || contains(type, "yaml") || contains(type, "xml") || contains(type, "javascript")
        }
    }

    private func hasPackedBody(_ exchange: UnsafeMutablePointer<Exchange>) -> Bool {
        exchange.pointee.header("If-None-Match").map { contains($0, Self.suffix) } ?? false
    }

    private mutating func markEntityTag() {
        guard var tag = header("ETag"), tag.last == UInt8(ascii: "\"") else { return }
        tag.removeLast()
        tag.append(contentsOf: rawBytes(Self.suffix))
        tag.append(UInt8(ascii: "\""))
        tag.withUnsafeBytes { _ = setHeader("ETag", bytes: $0) }
    }
}

/// Whether a client takes gzip: named without `q=0`, or by `*` where it is not named (RFC 9110, 12.5.3).
func acceptsGzip(_ field: UnsafeRawBufferPointer) -> Bool {
    var answer = false
    var start = 0
    while start < field.count {
        let end = firstIndex(of: UInt8(ascii: ","), in: field, from: start)
        let element = slice(field, from: start, to: end)
        let nameEnd = firstIndex(of: UInt8(ascii: ";"), in: element, from: 0)
        let name = trimmed(slice(element, from: 0, to: nameEnd))
        let isWanted = qualityParameter(in: element, from: nameEnd) > 0
        if isEqualIgnoringCase(name, rawBytes("gzip"))
            || isEqualIgnoringCase(name, rawBytes("x-gzip"))
        {
            return isWanted
        }
        if isEqual(name, rawBytes("*")) { answer = isWanted }
        start = end + 1
    }
    return answer
}
