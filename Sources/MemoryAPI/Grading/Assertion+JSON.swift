import CSimdJSON
import KernelMemory

/// An assertion as a JSON object: one member that says what it is about, and what goes with that.
extension Assertion {
    private static let subjects = [
        "returned", "snapshot", "calls_of", "no_leaks", "no_misuse", "peak_pages_at_most",
        "fragmentation_below", "never_slept_in_atomic_context", "no_halt", "calls_at_most",
    ]
    private static let fields = FieldNames(
        subjects + ["pointer", "zone", "order", "at", "message"]
            + Matcher.Relation.allCases.map(\.name))

    /// What was read, before it is known whether it fits together.
    private struct Draft {
        var subject: Subject?
        var subjectName = ""
        var pointer: String?
        var zone: String?
        var order: Int?
        var moment: Moment?
        var message: String?
        var matchers: [Matcher] = []
    }

    /// Reads an assertion.
    init(_ value: csj_value, at place: String) throws(Problem) {
        var reader = try JSONObjectReader(value, at: place, Self.fields)
        var draft = Draft()
        while let field = try reader.next() {
            if field < Self.subjects.count {
                let name = Self.subjects[field]
                if draft.subject != nil {
                    throw Problem(
                        grading: reader.pointer, nil, "left out beside \(draft.subjectName)")
                }
                draft.subject = try Self.subject(field, reader)
                draft.subjectName = name
            } else {
                try Self.read(field - Self.subjects.count, reader, into: &draft)
            }
        }
        self = try Self.finish(draft, at: place)
    }

    private static func subject(
        _ field: Int, _ reader: borrowing JSONObjectReader
    ) throws(Problem) -> Subject {
        switch field {
        case 0: return .returned(try reader.moment(least: 1))
        case 1: return .snapshot(target: try reader.target(), pointer: [])
        case 2: return .callsOf(try reader.function())
        case 5: return .peakPagesAtMost(try reader.number(0...UInt64(UInt32.max)))
        case 6:
            return .fragmentationBelow(try reader.fraction(), zone: nil, order: nil)
        case 9: return .callsAtMost(try reader.number(0...UInt64(UInt32.max)))
        default: break
        }
        guard reader.value.kind == CSJ_TRUE else { throw reader.problem("true") }
        return switch field {
        case 3: .noLeaks
        case 4: .noMisuse
        case 7: .neverSleptInAtomicContext
        default: .noHalt
        }
    }

    private static func read(
        _ field: Int, _ reader: borrowing JSONObjectReader, into draft: inout Draft
    ) throws(Problem) {
        switch field {
        case 0: draft.pointer = try reader.jsonPointer()
        case 1: draft.zone = try reader.words(20)
        case 2: draft.order = Int(try reader.number(0...UInt64(Order.count - 1)))
        case 3: draft.moment = try reader.moment(least: 0)
        case 4: draft.message = try reader.words(2_000)
        default:
            let relation = Matcher.Relation.allCases[field - 5]
            draft.matchers.append(try reader.matcher(relation))
        }
    }

    private static func finish(_ draft: Draft, at place: String) throws(Problem) -> Assertion {
        guard var subject = draft.subject else {
            throw Problem(
                grading: place, nil, "an assertion with one of \(subjects.joined(separator: ", "))")
        }
        func leaveOut(_ name: String, _ isGiven: Bool) throws(Problem) {
            guard isGiven else { return }
            throw Problem(
                grading: "\(place)/\(name)", nil, "left out beside \(draft.subjectName)")
        }
        var takesMatchers = false
        switch subject {
        case .snapshot(let target, _):
            subject = .snapshot(target: target, pointer: (draft.pointer ?? "").pointerTokens)
            takesMatchers = true
        case .fragmentationBelow(let limit, _, _):
            subject = .fragmentationBelow(limit, zone: draft.zone, order: draft.order)
        case .returned:
            try leaveOut("at", draft.moment != nil)
            takesMatchers = true
        case .callsOf: takesMatchers = true
        default: break
        }
        if case .snapshot = subject {} else { try leaveOut("pointer", draft.pointer != nil) }
        if case .fragmentationBelow = subject {
        } else {
            try leaveOut("zone", draft.zone != nil)
            try leaveOut("order", draft.order != nil)
        }
        if takesMatchers, draft.matchers.isEmpty {
            let names = Matcher.Relation.allCases.map(\.name).joined(separator: ", ")
            throw Problem(grading: place, nil, "an assertion with one of \(names), too")
        }
        if !takesMatchers, let matcher = draft.matchers.first {
            try leaveOut(matcher.relation.name, true)
        }
        return Assertion(
            subject: subject, matchers: draft.matchers, moment: draft.moment ?? .end,
            message: draft.message, pointer: place)
    }
}

extension String {
    /// The tokens of a JSON Pointer (RFC 6901), unescaped.
    fileprivate var pointerTokens: [String] {
        split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { token in
            token.split(separator: "~1", omittingEmptySubsequences: false)
                .joined(separator: "/").split(separator: "~0", omittingEmptySubsequences: false)
                .joined(separator: "~")
        }
    }
}

extension JSONObjectReader {
    /// The current value as a moment: `end`, the number of a call, or a name.
    fileprivate func moment(least: UInt64) throws(Problem) -> Moment {
        let wanted =
            least == 0
            ? "\"end\", the number of a call, or the name of one's result"
            : "the number of a call from 1 on, or the name of its result"
        switch value.kind {
        case CSJ_UNSIGNED where (least...UInt64(UInt32.max)).contains(value.whole):
            return .call(Int(value.whole))
        case CSJ_STRING where least == 0 && value.bytes.equals("end"): return .end
        case CSJ_STRING:
            guard let name = ResultName(value.bytes) else { throw problem(wanted) }
            return .name(name.text)
        default: throw problem(wanted)
        }
    }

    /// The current value as a path to GET, with a query perhaps.
    fileprivate func target() throws(Problem) -> String {
        let target = try words(1_000)
        guard target.hasPrefix("/") else { throw problem("a path to GET, such as /zones") }
        return target
    }

    /// The current value as a JSON Pointer.
    fileprivate func jsonPointer() throws(Problem) -> String {
        let wanted = "a JSON Pointer such as /zones/0/free_pages"
        let bytes = try text(wanted)
        guard bytes.isEmpty || bytes.first == UInt8(ascii: "/"), bytes.count <= 1_000 else {
            throw problem(wanted)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The current value as a function's name.
    fileprivate func function() throws(Problem) -> String {
        let bytes = try text("the name of a kernel function")
        if CallSignature.named(bytes) != nil { return String(decoding: bytes, as: UTF8.self) }
        throw Problem(
            unknownFunction: bytes.quoted,
            suggestions: nearest(to: bytes.quoted, among: KernelFunction.all.map(\.name)),
            at: .body(pointer))
    }

    /// The current value as a number of 0 to 1.
    fileprivate func fraction() throws(Problem) -> Double {
        switch value.kind {
        case CSJ_UNSIGNED where value.whole <= 1: return Double(value.whole)
        case CSJ_REAL where (0...1).contains(value.real): return value.real
        default: throw problem("a number of 0 to 1")
        }
    }

    /// The current value as what a value is compared with.
    fileprivate func matcher(_ relation: Matcher.Relation) throws(Problem) -> Matcher {
        switch relation {
        case .equals, .notEquals, .contains: break
        case .exists: _ = try boolean()
        case .length: _ = try number(0...UInt64(UInt32.max))
        case .atLeast, .atMost, .above, .below:
            let isNumber = [CSJ_UNSIGNED, CSJ_NEGATIVE, CSJ_REAL].contains(value.kind)
            let isAddress =
                value.kind == CSJ_STRING
                && (hexadecimalNumber(value.bytes) != nil || ResultReference(value.bytes) != nil)
            guard isNumber || isAddress else {
                throw problem("a number, an address, or a reference such as $p")
            }
        }
        return Matcher(relation: relation, expected: JSONValue(value))
    }
}
