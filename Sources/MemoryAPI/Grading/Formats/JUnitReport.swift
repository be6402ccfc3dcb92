/// Grades as the XML that JUnit's tools read: a suite for each group.
struct JUnitReport {
    private let grades: [Grade]

    init(_ grades: [Grade]) { self.grades = grades }

    /// The document.
    var text: String {
        let tests = grades.tests
        let failures = tests.count { !$0.hasPassed }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites tests=\"\(tests.count)\" failures=\"\(failures)\" time=\"0\">\n"
        for group in grades.groups { text += suite(group.name, group.tests) }
        return text + "</testsuites>\n"
    }

    private func suite(_ name: String, _ tests: [TestGrade]) -> String {
        let failures = tests.count { !$0.hasPassed }
        return "  <testsuite name=\"\(name.inXML)\" tests=\"\(tests.count)\" "
            + "failures=\"\(failures)\" errors=\"0\" skipped=\"0\" time=\"0\">\n"
            + tests.map(testCase).joined() + "  </testsuite>\n"
    }

    private func testCase(_ test: TestGrade) -> String {
        let start =
            "    <testcase classname=\"\(test.group.inXML)\" name=\"\(test.test.name.inXML)\" "
            + "time=\"0\""
        if test.hasPassed { return start + "/>\n" }
        let text = test.explanationForStudents
        let first = text.split(separator: "\n").first.map(String.init) ?? ""
        return start + ">\n      <failure message=\"\(first.inXML)\">\(text.inXML)</failure>\n"
            + "    </testcase>\n"
    }
}

extension String {
    /// The text as XML has it, within quotation marks, too; what XML cannot have is replaced.
    fileprivate var inXML: String {
        unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            default: result.unicodeScalars.append(scalar.isInXML ? scalar : "\u{fffd}")
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether XML 1.0 may have the character.
    fileprivate var isInXML: Bool { value >= 0x20 && value != 0xfffe && value != 0xffff }
}
