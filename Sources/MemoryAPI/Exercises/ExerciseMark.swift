/// What an answer is worth, and why.
struct ExerciseMark {
    /// What the answer to one part is worth.
    struct Part {
        /// What was asked.
        let part: ExercisePart
        /// What was answered; `nil` if nothing was.
        let answer: AnswerValue?
        /// 0 to 1,000.
        let thousandths: UInt64
        /// The mistake that the answer gives away.
        let mistake: ExerciseMistake?
    }

    let parts: [Part]

    /// Marks an answer.
    ///
    /// - Parameter answers: for each part what was answered, or `nil`.
    init(_ exercise: Exercise, _ answers: [AnswerValue?]) {
        parts = zip(exercise.parts, answers).map { Part($0, $1) }
    }

    /// 0 to 1,000: the parts by their weights, rounded down. 1,000 only if all is right.
    var thousandths: UInt64 {
        let most = parts.reduce(0) { $0 + $1.part.weight }
        return most == 0 ? 0 : parts.reduce(0) { $0 + $1.part.weight * $1.thousandths } / most
    }

    var isRight: Bool { parts.allSatisfy { $0.thousandths == 1_000 } }
}

extension ExerciseMark.Part {
    fileprivate init(_ part: ExercisePart, _ answer: AnswerValue?) {
        let answer = answer.map(part.form.canonical)
        self.init(
            part: part, answer: answer,
            thousandths: answer.map { part.thousandths($0) } ?? 0,
            mistake: part.traps.first { $0.value == answer }?.mistake)
    }

    /// What to say to the student.
    var feedback: String {
        guard let answer else { return "Not answered." }
        if thousandths == 1_000 { return "Right." }
        if let mistake { return mistake.sentence }
        return part.differences(answer) ?? "Not right."
    }
}

extension ExercisePart {
    /// How right an answer is, 0 to 1,000.
    fileprivate func thousandths(_ answer: AnswerValue) -> UInt64 {
        if answer == right { return 1_000 }
        switch (form, answer, right) {
        case (.counts(let before), .numbers(let given), .numbers(let wanted)):
            return Self.share(of: given, wanted, before)
        case (_, .numbers(let given), .numbers(let wanted)): return Self.share(of: given, wanted)
        case (_, .words(let given), .words(let wanted)): return Self.share(of: given, wanted)
        default: return 0
        }
    }

    /// Counts that the calls or the student changed: how many of them are right.
    private static func share(of given: [UInt64], _ wanted: [UInt64], _ before: [UInt64]) -> UInt64
    {
        let moved = before.indices.filter { wanted[$0] != before[$0] || given[$0] != before[$0] }
        let right = moved.count { given[$0] == wanted[$0] }
        return moved.isEmpty ? 1_000 : UInt64(right * 1_000 / moved.count)
    }

    /// Elements of a set: those that are right less those that are not, of all that would be right.
    private static func share<Element: Hashable>(
        of given: [Element], _ wanted: [Element]
    ) -> UInt64 {
        let hits = given.count(where: wanted.contains)
        return wanted.isEmpty ? 0 : UInt64(max(0, hits * 2 - given.count) * 1_000 / wanted.count)
    }

    /// What is wrong with an answer of several elements.
    fileprivate func differences(_ answer: AnswerValue) -> String? {
        switch (form, answer, right) {
        case (.counts, .numbers(let given), .numbers(let wanted)):
            let wrong = wanted.indices.filter { given[$0] != wanted[$0] }
            return "Wrong for \(wrong.count == 1 ? "order" : "orders") "
                + wrong.map { "\($0)" }.joined(separator: ", ") + "."
        case (_, .numbers(let given), .numbers(let wanted)):
            return Self.differences(given.map { "\($0)" }, wanted.map { "\($0)" })
        case (_, .words(let given), .words(let wanted)): return Self.differences(given, wanted)
        default: return nil
        }
    }

    private static func differences(_ given: [String], _ wanted: [String]) -> String {
        let missing = wanted.filter { !given.contains($0) }
        let extra = given.filter { !wanted.contains($0) }
        return [("Missing", missing), ("Too many", extra)].filter { !$0.1.isEmpty }
            .map { "\($0.0): \($0.1.joined(separator: ", "))." }.joined(separator: " ")
    }
}
