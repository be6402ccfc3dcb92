import MicroHTTPD

/// Grades as the Test Anything Protocol has them, version 14.
struct TAPReport {
    private let grades: [Grade]

    init(_ grades: [Grade]) { self.grades = grades }

    /// The lines.
    var text: String {
        let tests = grades.tests
        var text = "TAP version 14\n1..\(tests.count)\n"
        for (index, test) in tests.enumerated() { text += lines(test, index + 1) }
        return text
    }

    private func lines(_ test: TestGrade, _ number: Int) -> String {
        let name = "\(test.group): \(test.test.name)".oneLine.inTAP
        let line = "\(test.hasPassed ? "ok" : "not ok") \(number) - \(name)\n"
        if test.hasPassed { return line }
        return line + "  ---\n  message: \(test.explanationForStudents.quotedForYAML)\n"
            + "  score: \(decimal(thousandths: test.score))\n"
            + "  max_score: \(decimal(thousandths: test.test.weight))\n  ...\n"
    }
}

extension String {
    /// The text with what would begin a directive escaped.
    fileprivate var inTAP: String {
        reduce(into: "") { result, character in
            if character == "#" || character == "\\" { result += "\\" }
            result.append(character)
        }
    }

    /// The text between quotation marks, which JSON and YAML read alike.
    fileprivate var quotedForYAML: String {
        var json = JSONWriter(OutputBuffer())
        json.text(self)
        let buffer = json.finish()
        return withExtendedLifetime(buffer) { String(decoding: buffer.bytes, as: UTF8.self) }
    }
}
