import CSimdJSON
import KernelMemory

/// A scenario as a JSON object; its calls are read when they run.
extension Scenario {
    private static let fields = FieldNames([
        "name", "description", "machine", "seed", "setup", "calls", "session", "tests",
    ])

    /// Reads a scenario. A thread that has a JSON document may lose it here.
    init(_ body: UnsafeRawBufferPointer, _ library: RecordingLibrary) throws(Problem) {
        let root = try JSONBody.parse(body)
        var reader = try JSONObjectReader(root, in: .body, Self.fields)
        var machine: csj_value?
        var hasTests = false
        var hasCalls = false
        var session: String?
        while let field = try reader.next() {
            switch field {
            case 0: name = try reader.words(200)
            case 1: text = try reader.words(4_000)
            case 2: machine = reader.value
            case 3: seed = try reader.number(0...UInt64(UInt32.max))
            case 4:
                try reader.checkCalls()
                hasSetup = true
            case 5:
                try reader.checkCalls()
                hasCalls = true
            case 6: session = try reader.words(200)
            default:
                hasTests = true
                tests = try GradeTests(reader.value, at: reader.pointer).all
            }
        }
        guard hasTests else {
            throw Problem(
                grading: "/tests", nil,
                "there: an array of tests, each with a name and what to expect")
        }
        if let session {
            if hasCalls { throw Problem(grading: "/calls", nil, "left out beside session") }
            if hasSetup { throw Problem(grading: "/setup", nil, "left out beside session") }
            if seed != nil { throw Problem(grading: "/seed", nil, "left out beside session") }
            submission = .session(session)
        } else if hasCalls {
            submission = .calls
        }
        // Last, since a recording may be read for it, which takes the document's place.
        if let machine { start = try SessionStart(machine, at: "/machine", library) }
    }
}

/// The tests of a scenario, with all their assertions counted.
struct GradeTests {
    private static let fields = FieldNames([
        "name", "weight", "group", "hidden", "hint", "partial", "expect",
    ])

    private(set) var all: [GradeTest] = []
    private var assertionCount = 0
    private var moments: Set<Moment> = []

    /// Reads an array of tests.
    init(_ value: csj_value, at pointer: String) throws(Problem) {
        let wanted = "an array of 1 to \(GradeLimits.tests) tests"
        try value.forEachElement(at: pointer, wanted: wanted) {
            (element, place) throws(Problem) in
            guard all.count < GradeLimits.tests else {
                throw Problem(
                    grading: place, nil, "left out: there are \(GradeLimits.tests) tests at most")
            }
            all.append(try test(element, at: place))
        }
        if all.isEmpty { throw value.problem(at: pointer, wanted: wanted) }
    }

    private mutating func test(_ value: csj_value, at place: String) throws(Problem) -> GradeTest {
        var reader = try JSONObjectReader(value, at: place, Self.fields)
        var test = GradeTest(name: "Test \(all.count + 1)")
        var expected: csj_value?
        while let field = try reader.next() {
            switch field {
            case 0: test.name = try reader.words(200)
            case 1: test.weight = try reader.weight()
            case 2: test.group = try reader.words(100)
            case 3: test.isHidden = try reader.boolean()
            case 4: test.hint = try reader.words(2_000)
            case 5: test.isPartial = try reader.boolean()
            default: expected = reader.value
            }
        }
        guard let expected else {
            throw Problem(
                grading: place + "/expect", nil, "there: an assertion, or an array of them")
        }
        test.assertions = try assertions(expected, at: place + "/expect")
        return test
    }

    private mutating func assertions(
        _ value: csj_value, at pointer: String
    ) throws(Problem) -> [Assertion] {
        if value.kind == CSJ_OBJECT { return [try assertion(value, at: pointer)] }
        var assertions: [Assertion] = []
        let wanted = "an assertion, or an array of at least one"
        try value.forEachElement(at: pointer, wanted: wanted) {
            (element, place) throws(Problem) in
            assertions.append(try assertion(element, at: place))
        }
        if assertions.isEmpty { throw value.problem(at: pointer, wanted: wanted) }
        return assertions
    }

    private mutating func assertion(
        _ value: csj_value, at pointer: String
    ) throws(Problem) -> Assertion {
        assertionCount += 1
        guard assertionCount <= GradeLimits.assertions else {
            throw Problem(
                grading: pointer, nil,
                "left out: there are \(GradeLimits.assertions) assertions at most")
        }
        let assertion = try Assertion(value, at: pointer)
        moments.insert(assertion.moment)
        guard moments.count <= GradeLimits.moments else {
            throw Problem(
                grading: pointer + "/at", nil,
                "one of those before: assertions look at \(GradeLimits.moments) different moments at most"
            )
        }
        return assertion
    }
}

extension csj_value {
    /// Calls a closure with each element of an array and its JSON Pointer.
    func forEachElement(
        at pointer: String, wanted: String,
        _ body: (csj_value, String) throws(Problem) -> Void
    ) throws(Problem) {
        guard kind == CSJ_ARRAY else { throw problem(at: pointer, wanted: wanted) }
        var cursor = withUnsafePointer(to: self) { csj_elements($0) }
        var element = csj_value()
        var index = 0
        while csj_next_element(&cursor, &element) {
            try body(element, "\(pointer)/\(index)")
            index += 1
        }
    }
}

extension JSONObjectReader {
    /// The current value as a text that is not empty.
    func words(_ limit: Int) throws(Problem) -> String {
        let wanted = "a text of 1 to \(limit) bytes"
        let bytes = try text(wanted)
        guard (1...limit).contains(bytes.count) else { throw problem(wanted) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The current value as points, in thousandths.
    fileprivate func weight() throws(Problem) -> Int {
        let points: Double? =
            switch value.kind {
            case CSJ_UNSIGNED: Double(value.whole)
            case CSJ_REAL: value.real
            default: nil
            }
        guard let points, (0...10_000).contains(points) else {
            throw problem("a number of points, 0 to 10000")
        }
        return Int((points * 1_000).rounded())
    }

    /// Refuses what cannot be calls at all; each of them is read when it runs.
    fileprivate func checkCalls() throws(Problem) {
        guard value.kind == CSJ_ARRAY || value.kind == CSJ_STRING else {
            throw problem("an array of calls, or a text with a call on each line")
        }
    }
}

extension Problem {
    /// The refusal of a scenario's member that does not go with the others.
    convenience init(grading pointer: String, _ value: String?, _ wanted: String) {
        self.init(
            .invalidField,
            "\(pointer.dropFirst()) must be \(wanted)" + (value.map { ", not \($0)." } ?? "."),
            faults: [.init(place: .body(pointer), value: value, detail: "must be \(wanted)")])
    }
}
