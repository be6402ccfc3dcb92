/// Calls as the lines of a program have them.
extension CallReader {
    /// Reads a line: `p = alloc_pages(GFP_KERNEL, 2);`, `__free_pages($p, 2)`, or nothing.
    ///
    /// What stands behind `//` or `#`, outside of quotation marks, is a remark.
    ///
    /// - Returns: `nil` for a line without a call.
    mutating func read(
        line: UnsafeRawBufferPointer, in place: JSONPlace
    ) throws(Problem) -> RequestedCall? {
        var text = line.withoutRemark.trimmed
        if text.last == UInt8(ascii: ";") {
            text = UnsafeRawBufferPointer(rebasing: text[..<(text.count - 1)]).trimmed
        }
        guard !text.isEmpty else { return nil }
        var name: ResultName?
        if let sign = text.assignmentSign {
            let left = UnsafeRawBufferPointer(rebasing: text[..<sign]).trimmed
            name = ResultName(left)
            guard name != nil else {
                throw Problem(
                    .invalidCall,
                    "Before = there must be \(ResultName.wanted), not \(left.quoted).",
                    faults: [
                        .init(
                            place: .body(place.pointer), value: left.quoted,
                            detail: "must be \(ResultName.wanted)")
                    ])
            }
            text = UnsafeRawBufferPointer(rebasing: text[(sign + 1)...]).trimmed
        }
        return try read(text, named: name, in: place)
    }

    private mutating func read(
        _ text: UnsafeRawBufferPointer, named name: ResultName?, in place: JSONPlace
    ) throws(Problem) -> RequestedCall {
        var requested: RequestedCall
        if let signature = try plainCall(text, in: place) {
            if name != nil { try Self.checkResult(of: signature.function, at: place.pointer) }
            requested = call(signature, cpu: nil, cachePlace: "/call", nil)
        } else {
            let parsed = try anyCall(text, in: place)
            if name != nil { try Self.checkResult(of: parsed.function, at: place.pointer) }
            requested = RequestedCall(parsed, cpu: nil, cachePlace: "/call")
        }
        requested.argumentPlace = "/call"
        if let name { requested.result = names.slot(name) }
        return requested
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes up to a remark.
    fileprivate var withoutRemark: UnsafeRawBufferPointer {
        var isQuoted = false
        for index in indices {
            let byte = self[index]
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            let isSlash = byte == UInt8(ascii: "/")
            let isRemark =
                byte == UInt8(ascii: "#")
                || isSlash && index + 1 < count && self[index + 1] == UInt8(ascii: "/")
            if isRemark, !isQuoted { return UnsafeRawBufferPointer(rebasing: self[..<index]) }
        }
        return self
    }

    /// Where the `=` of an assignment is; `nil` if the line has none before its first parenthesis.
    fileprivate var assignmentSign: Int? {
        let end = firstIndex(of: UInt8(ascii: "(")) ?? count
        return self[..<end].firstIndex(of: UInt8(ascii: "="))
    }
}
