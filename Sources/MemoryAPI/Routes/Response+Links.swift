import MicroHTTPD

/// Links to other resources (RFC 8288).
extension Response {
    /// Says where the interface is described (RFC 8631).
    mutating func linkDescription() {
        let link: StaticString = "</openapi.json>; rel=\"service-desc\"; type=\"application/json\""
        addHeader(
            "Link",
            bytes: UnsafeRawBufferPointer(start: link.utf8Start, count: link.utf8CodeUnitCount))
    }

    /// Says where a list goes on: the request again, with another value of one parameter.
    ///
    /// - Parameters:
    ///   - next: that value; `nil` at the end of the list.
    ///   - parameter: the parameter's name.
    mutating func link(
        next: (some CustomStringConvertible)?, _ parameter: String = "cursor",
        of request: borrowing Request
    ) {
        guard let next else { return }
        var items: [String] = []
        request.forEachQueryItem { name, value in
            let name = String(decoding: name, as: UTF8.self)
            guard name != parameter else { return }
            let value = String(
                decoding: value ?? UnsafeRawBufferPointer(start: nil, count: 0), as: UTF8.self)
            items.append("\(name.percentEncoded)=\(value.percentEncoded)")
        }
        items.append("\(parameter)=\(next.description.percentEncoded)")
        var path = ""
        request.forEachPathSegment { segment in
            path += "/" + String(decoding: segment, as: UTF8.self).percentEncoded
        }
        var link = "<\(path)?\(items.joined(separator: "&"))>; rel=\"next\""
        link.withUTF8 { _ = addHeader("Link", bytes: UnsafeRawBufferPointer($0)) }
    }
}
