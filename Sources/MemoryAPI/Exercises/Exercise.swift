import KernelMemory

/// A problem: what is given, what is asked, and what would be right.
struct Exercise {
    /// Something to look at.
    struct View {
        /// What it shows.
        let title: String
        /// Its lines, at most 80 columns wide.
        let lines: [String]
    }

    /// What is to be done, in a few sentences.
    var prompt: String
    /// The calls, and the machine after them.
    var script: ExerciseScript
    /// The machine before the calls, as far as it is needed.
    var views: [View] = []
    /// What is asked.
    var parts: [ExercisePart]
    /// What helps, the vaguest first.
    var hints: [String]
    /// How one comes to the answer, beside what the kernel says of each call.
    var solution: [String] = []
    /// Whether there is something to think about.
    var isWorthwhile = true
}

extension Exercise {
    /// Everything that would be right, by the parts' fields.
    var rightAnswer: [(field: StaticString, value: AnswerValue)] {
        parts.map { ($0.field, $0.right) }
    }
}
