import KernelMemory
import MicroHTTPD

/// Query parameters by the type that they must have.
extension Request {
    /// Refuses parameters that a route does not read, and those that come twice.
    func checkQuery(_ names: FieldNames) throws(Problem) {
        var seen: UInt32 = 0
        var problem: Problem?
        forEachQueryItem { name, value in
            guard problem == nil else { return }
            guard let index = names.index(of: name) else {
                problem = Self.unknownParameter(name, names)
                return
            }
            if seen & 1 << UInt32(index) != 0 {
                problem = Self.repetition(names.all[index], value)
            }
            seen |= 1 << UInt32(index)
        }
        if let problem { throw problem }
    }

    /// A parameter that is a whole number; `nil` if it is not there.
    @inline(__always)
    func number(_ name: StaticString, _ range: ClosedRange<UInt64>) throws(Problem) -> UInt64? {
        guard let text = query(name) else { return nil }
        guard let number = wholeNumber(text), range.contains(number) else {
            throw Self.problem(
                "\(name)", text,
                "a whole number of \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A parameter that is an address; `nil` if it is not there.
    func address(_ name: StaticString) throws(Problem) -> UInt64? {
        guard let text = query(name) else { return nil }
        guard let address = hexadecimalNumber(text) else {
            throw Self.problem("\(name)", text, "an address such as 0xc1f40000")
        }
        return address
    }

    /// How many entries a list may have.
    func limit(default usual: Int, most: UInt64) throws(Problem) -> Int {
        Int(try number("limit", 1...most) ?? UInt64(usual))
    }

    /// The refusal of a parameter.
    static func problem(
        _ name: String, _ value: UnsafeRawBufferPointer?, _ wanted: String,
        suggestions: [String] = []
    ) -> Problem {
        let shown = value?.quoted ?? ""
        return Problem(
            .invalidQuery, "\(name) must be \(wanted), not \"\(shown)\".",
            suggestions: suggestions,
            faults: [.init(place: .query(name), value: shown, detail: "must be \(wanted)")])
    }

    private static func repetition(_ name: String, _ value: UnsafeRawBufferPointer?) -> Problem {
        Problem(
            .invalidQuery, "\(name) is given twice.",
            faults: [
                .init(
                    place: .query(name), value: value?.quoted ?? "",
                    detail: "must be given only once")
            ])
    }

    private static func unknownParameter(
        _ name: UnsafeRawBufferPointer, _ names: FieldNames
    ) -> Problem {
        let suggestions = nearest(to: name.quoted, among: names.all)
        let shown = name.count > 0 ? name.quoted : "\"\""
        let known = names.all.isEmpty ? "none" : names.all.joined(separator: ", ")
        return Problem(
            .invalidQuery,
            "There is no parameter \(shown)" + Problem.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [
                .init(place: .query(name.quoted), detail: "the parameters are: \(known)")
            ])
    }
}
