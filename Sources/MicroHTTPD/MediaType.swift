import Glibc

/// A media type of a route, as a C string in small letters, and its comparisons with what
/// clients write. Made once by the router's table, which owns the text.
struct MediaType {
    let text: UnsafePointer<CChar>
    private let count: Int
    private let slash: Int

    /// Copies a media type such as `application/json`.
    init(_ name: String) {
        guard let copy = strdup(name.lowercased()) else { fatalError("out of memory") }
        text = UnsafePointer(copy)
        count = strlen(copy)
        slash = firstIndex(
            of: UInt8(ascii: "/"), in: UnsafeRawBufferPointer(start: copy, count: count), from: 0)
        precondition(slash > 0 && slash < count - 1, "a media type has a / in it: \(name)")
    }

    func deallocate() {
        free(UnsafeMutablePointer(mutating: text))
    }

    private var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text, count: count)
    }

    /// Whether this is the type of a `Content-Type` field, in UTF-8; other parameters do not matter.
    func matches(contentType field: UnsafeRawBufferPointer) -> Bool {
        if isEqual(field, bytes) { return true }
        let end = firstIndex(of: UInt8(ascii: ";"), in: field, from: 0)
        return isEqualIgnoringCase(trimmed(slice(field, from: 0, to: end)), bytes)
            && isUTF8(parameters: field, from: end)
    }

    /// Whether no parameter `charset` says anything but UTF-8.
    private func isUTF8(parameters field: UnsafeRawBufferPointer, from first: Int) -> Bool {
        var start = first + 1
        while start < field.count {
            let end = firstIndex(of: UInt8(ascii: ";"), in: field, from: start)
            let parameter = trimmed(slice(field, from: start, to: end))
            let equals = firstIndex(of: UInt8(ascii: "="), in: parameter, from: 0)
            let name = trimmed(slice(parameter, from: 0, to: equals))
            if isEqualIgnoringCase(name, rawBytes("charset")) {
                let value = slice(
                    parameter, from: min(equals + 1, parameter.count), to: parameter.count)
                guard
                    isEqualIgnoringCase(value, rawBytes("utf-8"))
                        || isEqualIgnoringCase(value, rawBytes("\"utf-8\""))
                else { return false }
            }
            start = end + 1
        }
        return true
    }

    /// How exactly a media range names this type: 2 in full, 1 as `type/*`, 0 as `*/*`, or
    /// `nil` when it does not.
    func specificity(ofRange range: UnsafeRawBufferPointer) -> Int? {
        if isEqualIgnoringCase(range, bytes) { return 2 }
        if isEqual(range, rawBytes("*/*")) { return 0 }
        guard range.count == slash + 2, range[range.count - 1] == UInt8(ascii: "*") else {
            return nil
        }
        let prefix = slice(range, from: 0, to: slash + 1)
        return isEqualIgnoringCase(prefix, slice(bytes, from: 0, to: slash + 1)) ? 1 : nil
    }
}

/// Chooses what to send from what a route produces, by a client's `Accept` (RFC 9110, 12.5.1).
///
/// The most exact range that names a type gives the type its quality; parameters of a range
/// other than `q` do not matter.
///
/// - Returns: the index of the type with the highest quality, the first of several; `nil` when
///   every quality is 0.
func preferredType(
    among types: UnsafeBufferPointer<MediaType>, accept: UnsafeRawBufferPointer?
) -> Int? {
    guard let accept, types.count > 0, !isEqual(accept, rawBytes("*/*")) else { return 0 }
    var best: (index: Int, quality: Int)?
    for index in types.indices {
        let quality = quality(of: types[index], accept: accept)
        if quality > (best?.quality ?? 0) { best = (index, quality) }
    }
    return best?.index
}

/// A type's quality in thousandths.
private func quality(of type: MediaType, accept: UnsafeRawBufferPointer) -> Int {
    var best = (specificity: -1, quality: 0)
    var start = 0
    while start < accept.count {
        let end = firstIndex(of: UInt8(ascii: ","), in: accept, from: start)
        let element = slice(accept, from: start, to: end)
        let rangeEnd = firstIndex(of: UInt8(ascii: ";"), in: element, from: 0)
        let range = trimmed(slice(element, from: 0, to: rangeEnd))
        if let specificity = type.specificity(ofRange: range), specificity > best.specificity {
            best = (specificity, qualityParameter(in: element, from: rangeEnd))
        }
        start = end + 1
    }
    return best.quality
}

/// The `q` parameter of an element of `Accept` or `Accept-Encoding` in thousandths; 1,000 when there is none.
func qualityParameter(in element: UnsafeRawBufferPointer, from first: Int) -> Int {
    var start = first + 1
    while start < element.count {
        let end = firstIndex(of: UInt8(ascii: ";"), in: element, from: start)
        let parameter = trimmed(slice(element, from: start, to: end))
        if parameter.count > 2, lowercased(parameter[0]) == UInt8(ascii: "q"),
            parameter[1] == UInt8(ascii: "=")
        {
            return thousandths(slice(parameter, from: 2, to: parameter.count))
        }
        start = end + 1
    }
    return 1_000
}

/// Reads `0`, `1`, `0.5`, `0.125`; 0 for anything else.
private func thousandths(_ digits: UnsafeRawBufferPointer) -> Int {
    var value = 0
    var weight = 1_000
    for (index, digit) in digits.enumerated() where !(index == 1 && digit == UInt8(ascii: ".")) {
        guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9"), weight > 0 else { return 0 }
        value += Int(digit - UInt8(ascii: "0")) * weight
        weight /= 10
    }
    return min(value, 1_000)
}
