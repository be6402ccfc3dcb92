import CSimdJSON
import MicroHTTPD

/// From a request's bytes to a checked JSON document.
enum JSONBody {
    /// Parses a whole body; MicroHTTPD keeps 64 readable bytes behind it.
    @inline(__always)
    static func parse(_ body: UnsafeRawBufferPointer) throws(Problem) -> csj_value {
        var root = csj_value()
        let code = csj_parse(body.baseAddress, body.count, &root)
        guard code == 0 else { throw malformed(code) }
        return root
    }

    /// Parses a line of a body.
    static func parse(_ text: UnsafeRawBufferPointer, line: Int) throws(Problem) -> csj_value {
        var root = csj_value()
        let code = csj_parse(text.baseAddress, text.count, &root)
        guard code == 0 else { throw malformed(code, "Line \(line)") }
        return root
    }

    @inline(never)
    private static func malformed(_ code: Int32, _ place: String = "The body") -> Problem {
        let reason = String(cString: csj_reason(code))
        return Problem(
            .malformedJSON,
            "\(place) must be one JSON document in UTF-8, at most \(CSJ_DEPTH_LIMIT) levels deep "
                + "and with numbers of 64 bits. The parser says: \(reason)")
    }
}

extension csj_value {
    /// A string's bytes; only for ``CSJ_STRING``.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.start, count: text.count)
    }

    /// The value as a message shows it.
    var shown: String {
        switch kind {
        case CSJ_STRING: "\"\(bytes.quoted)\""
        case CSJ_UNSIGNED: "\(whole)"
        case CSJ_NEGATIVE: "\(Int64(bitPattern: whole))"
        case CSJ_REAL: "\(real)"
        case CSJ_TRUE: "true"
        case CSJ_FALSE: "false"
        case CSJ_NULL: "null"
        case CSJ_OBJECT: "an object"
        default: "an array"
        }
    }

    /// The refusal of this value.
    @inline(never)
    func problem(at pointer: String, wanted: String) -> Problem {
        let name = pointer.isEmpty ? "The body" : pointer.dropFirst().description
        return Problem(
            .invalidField, "\(name) must be \(wanted), not \(shown).",
            faults: [.init(place: .body(pointer), value: shown, detail: "must be \(wanted)")])
    }
}
