import MemoryAPI

extension FuzzTarget {
    /// The grader: a scenario is refused, or it is graded, twice with the same result in every format.
    static let scenario = FuzzTarget(name: "scenario") { bytes in
        let grader = Grader()
        let first = try? grader.grade(Array(bytes))
        let second = try? grader.grade(Array(bytes))
        try demand((first == nil) == (second == nil), "graded only once")
        guard let first, let second else { return }
        for format in GradeFormat.allCases {
            try demand(
                format.report([first]) == format.report([second]),
                "\(format) differs from one time to the other")
        }
    }
}
