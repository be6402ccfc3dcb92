/// What Autolab reads from a grader's standard output.
extension JSONWriter {
    /// Writes a line for each test, the line for the feedback page, and the scores by problem last.
    mutating func autolab(_ grades: [Grade]) {
        for test in grades.tests {
            let mark = test.hasPassed ? "PASS" : "FAIL"
            let lines = test.explanationForStudents.split(separator: "\n")
            rawText(unescaped: "\(mark) \(test.group): \(test.test.name.oneLine)\n")
            for line in lines { rawText(unescaped: "     \(String(line).oneLine)\n") }
        }
        feedback(grades.groups)
        endLine()
        object { json in
            json.key("scores")
            json.object { json in
                for group in grades.groups {
                    json.key(named: group.name)
                    json.thousandths(UInt64(group.tests.reduce(0) { $0 + $1.score }))
                }
            }
        }
        endLine()
    }

    private mutating func feedback(_ groups: [(name: String, tests: [TestGrade])]) {
        object { json in
            json.member("_presentation", literal: "semantic")
            json.array("stages") { json in for group in groups { json.text(group.name) } }
            for group in groups {
                json.key(named: group.name)
                json.object { json in
                    for (index, test) in group.tests.enumerated() {
                        // A name that comes twice would hide the one before.
                        let isTaken = group.tests[..<index].contains {
                            $0.test.name == test.test.name
                        }
                        json.key(named: test.test.name + (isTaken ? " (\(index + 1))" : ""))
                        json.object { json in
                            json.member("passed", test.hasPassed)
                            if !test.hasPassed { json.member("hint", test.explanationForStudents) }
                        }
                    }
                }
            }
        }
    }
}

extension String {
    /// The text with blanks for its control characters.
    var oneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
