/// One question of a problem, with its right answer.
struct ExercisePart {
    /// A wrong answer that shows what the student thought.
    struct Trap {
        let value: AnswerValue
        let mistake: ExerciseMistake
    }

    /// The member of the answer.
    let field: StaticString
    /// What is asked.
    let question: String
    /// What the answer looks like.
    let form: AnswerForm
    /// What is right.
    let right: AnswerValue
    /// Why.
    let why: String
    /// Its share of the score, beside those of the other parts.
    let weight: UInt64
    /// Wrong answers that are known by name; none of them is the right one.
    let traps: [Trap]

    /// - Parameter traps: answers of likely mistakes; those that happen to be right are left out.
    init(
        _ field: StaticString, _ question: String, _ form: AnswerForm, _ right: AnswerValue,
        weight: UInt64 = 1, why: String, traps: [(ExerciseMistake, AnswerValue?)] = []
    ) {
        self.field = field
        self.question = question
        self.form = form
        let right = form.canonical(right)
        self.right = right
        self.weight = weight
        self.why = why
        self.traps = traps.compactMap { mistake, value in
            guard let value = value.map(form.canonical), value != right else { return nil }
            return Trap(value: value, mistake: mistake)
        }
    }
}

extension ExercisePart {
    /// A question for a number.
    static func number(
        _ field: StaticString, _ question: String, _ range: ClosedRange<UInt64>, _ right: Int,
        weight: UInt64 = 1, why: String, traps: [(ExerciseMistake, Int?)] = []
    ) -> ExercisePart {
        ExercisePart(
            field, question, .number(range), .number(UInt64(clamping: right)), weight: weight,
            why: why,
            traps: traps.map { mistake, value in
                (mistake, value.flatMap { $0 >= 0 ? .number(UInt64($0)) : nil })
            })
    }

    /// A question for one of some words.
    static func choice(
        _ field: StaticString, _ question: String, _ words: [String], _ right: String,
        weight: UInt64 = 1, why: String, traps: [(ExerciseMistake, String?)] = []
    ) -> ExercisePart {
        ExercisePart(
            field, question, .choice(words), .word(right), weight: weight, why: why,
            traps: traps.map { mistake, value in (mistake, value.map { .word($0) }) })
    }
}
