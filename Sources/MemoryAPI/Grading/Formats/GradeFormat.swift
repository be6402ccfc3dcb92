import MicroHTTPD

/// The forms in which schools' tools take grades.
public enum GradeFormat: String, CaseIterable, Sendable {
    /// Everything that was found.
    case json
    /// Gradescope's `results.json`.
    case gradescope
    /// PrairieLearn's `results.json` of an external grader.
    case prairielearn
    /// Autolab's last line, with a line for its feedback page and the texts before it.
    case autolab
    /// The first version of GitHub Classroom's grader.
    case github
    /// JUnit's XML.
    case junit
    /// The Test Anything Protocol, version 14.
    case tap

    /// The media type that asks for it.
    public var mediaType: String {
        switch self {
        case .json: "application/json"
        case .gradescope: "application/vnd.gradescope+json"
        case .prairielearn: "application/vnd.prairielearn+json"
        case .autolab: "text/vnd.autolab"
        case .github: "application/vnd.github-classroom+json"
        case .junit: "application/xml"
        case .tap: "text/plain"
        }
    }

    /// The bytes of a report: the same ones for the same grades, whenever and wherever they are made.
    ///
    /// - Parameter grades: one for each scenario; their tests are reported together.
    public func report(_ grades: [Grade]) -> [UInt8] {
        let buffer = buffer(grades)
        return withExtendedLifetime(buffer) { Array(buffer.bytes) }
    }

    /// The same in a block that may become a response's body.
    func buffer(_ grades: [Grade]) -> OutputBuffer {
        var json = JSONWriter(OutputBuffer())
        switch self {
        case .json: json.grades(grades)
        case .gradescope: json.gradescope(grades)
        case .prairielearn: json.prairieLearn(grades)
        case .autolab: json.autolab(grades)
        case .github: json.gitHubClassroom(grades)
        case .junit: json.rawText(unescaped: JUnitReport(grades).text)
        case .tap: json.rawText(unescaped: TAPReport(grades).text)
        }
        switch self {
        case .json, .gradescope, .prairielearn, .github: json.endLine()
        case .autolab, .junit, .tap: break
        }
        return json.finish()
    }
}

extension JSONWriter {
    /// Writes a text as it is.
    mutating func rawText(unescaped text: String) {
        var text = text
        text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a member that is a number of thousandths.
    mutating func member(_ name: StaticString, thousandths value: Int) {
        key(name)
        thousandths(UInt64(max(0, value)))
    }
}

extension [Grade] {
    /// All tests, those of the first scenario first.
    var tests: [TestGrade] { flatMap(\.tests) }
    /// Points in thousandths.
    var score: Int { reduce(0) { $0 + $1.score } }
    /// The most points that there are, in thousandths.
    var maxScore: Int { reduce(0) { $0 + $1.maxScore } }
    /// Whether all tests passed.
    var hasPassed: Bool { allSatisfy(\.hasPassed) }

    /// A few words on all of it: what is wrong with a submission, or how many tests passed.
    var summary: String {
        let passed = tests.count(where: \.hasPassed)
        return "\(passed) of \(counted(tests.count, "test")) passed."
            + compactMap(\.fault).map { " " + $0.sentence }.joined()
    }

    /// The groups of tests in their order, each with its tests.
    var groups: [(name: String, tests: [TestGrade])] {
        var groups: [(name: String, tests: [TestGrade])] = []
        for test in tests {
            if let index = groups.firstIndex(where: { $0.name == test.group }) {
                groups[index].tests.append(test)
            } else {
                groups.append((test.group, [test]))
            }
        }
        return groups
    }
}

/// Thousandths as a short decimal number: `2`, `2.5`, `0.125`.
func decimal(thousandths: Int) -> String {
    var fraction = "\(1_000 + thousandths % 1_000)".dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(thousandths / 1_000)" : "\(thousandths / 1_000).\(fraction)"
}
