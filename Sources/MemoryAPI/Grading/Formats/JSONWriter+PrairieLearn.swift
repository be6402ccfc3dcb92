/// What PrairieLearn reads from `/grade/results/results.json`.
extension JSONWriter {
    /// Writes the results; the score is a share of 1.
    mutating func prairieLearn(_ grades: [Grade]) {
        let most = grades.maxScore
        object { json in
            json.member("gradable", true)
            json.member("score", thousandths: most > 0 ? grades.score * 1_000 / most : 1_000)
            json.member("message", grades.summary)
            json.array("tests") { json in
                for test in grades.tests {
                    json.object { json in
                        json.member("name", test.test.name)
                        json.member("description", test.group)
                        json.member("points", thousandths: test.score)
                        json.member("max_points", thousandths: test.test.weight)
                        json.member("output", test.explanationForStudents)
                    }
                }
            }
        }
    }
}
