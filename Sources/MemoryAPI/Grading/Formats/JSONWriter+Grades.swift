/// Our own form: everything that was found.
extension JSONWriter {
    /// Writes the grades of all scenarios.
    mutating func grades(_ grades: [Grade]) {
        object { json in
            json.member("passed", grades.hasPassed)
            json.member("score", thousandths: grades.score)
            json.member("max_score", thousandths: grades.maxScore)
            json.array("scenarios") { json in for grade in grades { json.grade(grade) } }
        }
    }

    private mutating func grade(_ grade: Grade) {
        object { json in
            json.member("name", grade.name)
            json.member("description", orNull: grade.text)
            json.member("seed", orNull: grade.seed)
            json.member("calls", grade.calls)
            json.member("step", grade.step)
            json.key("fault")
            if let fault = grade.fault { json.fault(fault) } else { json.null() }
            json.member("report", grade.summary)
            json.array("tests") { json in for test in grade.tests { json.test(test) } }
        }
    }

    private mutating func fault(_ fault: SubmissionFault) {
        object { json in
            json.member("call", orNull: fault.call)
            json.member("line", orNull: fault.line)
            json.member("detail", fault.detail)
        }
    }

    private mutating func test(_ grade: TestGrade) {
        object { json in
            json.member("name", grade.test.name)
            json.member("group", grade.group)
            json.member("passed", grade.hasPassed)
            json.member("score", thousandths: grade.score)
            json.member("max_score", thousandths: grade.test.weight)
            json.member("hidden", grade.test.isHidden)
            json.member("hint", orNull: grade.test.hint)
            json.member("message", grade.explanation)
            json.array("assertions") { json in
                for check in grade.checks {
                    json.object { json in
                        json.member("passed", check.hasPassed)
                        json.member("message", check.sentence)
                    }
                }
            }
        }
    }
}
