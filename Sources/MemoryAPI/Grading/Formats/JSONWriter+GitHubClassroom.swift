/// What GitHub Classroom's graders report, before it is written in base64.
extension JSONWriter {
    /// Writes the results; nothing is timed, so that they are the same each time.
    mutating func gitHubClassroom(_ grades: [Grade]) {
        object { json in
            json.member("version", 1)
            json.member("status", grades.hasPassed ? "pass" : "fail")
            json.member("max_score", thousandths: grades.maxScore)
            json.array("tests") { json in
                for test in grades.tests {
                    json.object { json in
                        json.member("name", test.test.name)
                        json.member("status", test.hasPassed ? "pass" : "fail")
                        json.member(
                            "message", orNull: test.hasPassed ? nil : test.explanationForStudents)
                        json.member("test_code", test.group)
                        json.member("filename", literal: "")
                        json.member("line_no", 0)
                        json.member("duration", 0)
                        json.member("score", thousandths: test.score)
                    }
                }
            }
        }
    }
}
