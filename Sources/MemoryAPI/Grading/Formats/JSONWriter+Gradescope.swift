/// What Gradescope reads from `/autograder/results/results.json`.
extension JSONWriter {
    /// Writes the results; a hidden test is for instructors only.
    mutating func gradescope(_ grades: [Grade]) {
        object { json in
            json.member("score", thousandths: grades.score)
            json.member("output", grades.summary)
            json.member("output_format", literal: "text")
            json.member("test_output_format", literal: "text")
            json.member("test_name_format", literal: "text")
            json.array("tests") { json in
                for (index, test) in grades.tests.enumerated() {
                    json.gradescope(test, number: index + 1)
                }
            }
        }
    }

    private mutating func gradescope(_ grade: TestGrade, number: Int) {
        object { json in
            json.member("score", thousandths: grade.score)
            json.member("max_score", thousandths: grade.test.weight)
            json.member("status", grade.hasPassed ? "passed" : "failed")
            json.member("name", grade.test.name)
            json.member("number", "\(number)")
            json.member("output", grade.explanation)
            json.array("tags") { json in json.text(grade.group) }
            json.member("visibility", grade.test.isHidden ? "hidden" : "visible")
        }
    }
}
