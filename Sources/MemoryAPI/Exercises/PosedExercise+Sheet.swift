/// A problem to be printed.
extension PosedExercise {
    /// The problem, without its answer.
    var sheet: String {
        var lines = [
            "\(topic.title) [\(reference.topic), seed \(reference.seed), level \(reference.level)]",
            "",
        ]
        lines += exercise.prompt.folded
        lines += [""] + exercise.script.kind.sentence.folded
        for view in exercise.views { lines += [""] + "\(view.title):".folded + view.lines.indented }
        lines += calls(
            "Calls before, which nobody has to follow", exercise.script.setup.map(\.source))
        lines += calls("Calls", exercise.script.calls.map(\.source))
        for (index, part) in exercise.parts.enumerated() {
            lines += [""] + "\(index + 1). \(part.question)".folded
            lines += "(\(part.field): \(part.form.wanted); weight \(part.weight))".folded.indented
        }
        lines += [""] + Self.creditRules.folded
        return lines.joined(separator: "\n") + "\n"
    }

    /// The mark of an answer, with the right one.
    func sheet(_ mark: ExerciseMark) -> String {
        var lines = [
            "\(topic.title) [\(reference.topic), seed \(reference.seed), level \(reference.level)]",
            "Score: \(mark.thousandths.decimal) of 1.000",
        ]
        for (index, part) in mark.parts.enumerated() {
            let answer = part.answer?.description ?? "nothing"
            lines += [
                "", "\(index + 1). \(part.part.field): \(answer) (\(part.thousandths.decimal))",
            ]
            if part.thousandths < 1_000 {
                lines += "Expected \(part.part.right). \(part.feedback)".folded.indented
            }
            lines += part.part.why.folded.indented
        }
        if !exercise.solution.isEmpty { lines += [""] + exercise.solution.flatMap(\.folded) }
        for line in exercise.script.calls {
            let why = sentences(line).map { "- " + $0 }
            lines += ["", line.source] + why.flatMap(\.folded).indented
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Calls under a title, numbered from 1; nothing if there are none.
    private func calls(_ title: String, _ sources: [String]) -> [String] {
        sources.isEmpty
            ? []
            : ["", "\(title):"]
                + sources.enumerated().map { "\($0 + 1)".padded(to: 4) + "  \($1)" }
    }
}

extension UInt64 {
    /// Thousandths as a number with three decimals.
    fileprivate var decimal: String {
        let digits = "\(self % 1_000)"
        return "\(self / 1_000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension [String] {
    fileprivate var indented: [String] { map { "    " + $0 } }
}

extension String {
    /// The text in lines of at most 76 columns, cut at blanks.
    fileprivate var folded: [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.count + word.count < 76 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
