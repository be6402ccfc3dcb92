import KernelMemory

/// A problem with its name: what routes and the command line work with.
struct PosedExercise {
    let topic: any ExerciseTopic.Type
    let reference: ExerciseReference
    let exercise: Exercise

    /// Sentences about a call that a solution has at most.
    static let mostSentences = 24

    /// How answers are marked, for the reader of a problem.
    static let creditRules =
        "Each part counts by its weight; what is left out counts nothing. Numbers, addresses and words are "
        + "right or wrong. Of counts those matter that the calls or you changed: credit is the share that "
        + "you have right. Of a set of words or lines credit is what you have right less what is too much, "
        + "by what would be right."
}

extension PosedExercise {
    /// What the kernel decided in a call, as far as the solution needs it: each sentence once.
    func sentences(_ line: ExerciseScript.Line) -> [String] {
        var sentences: [String] = []
        for decision in line.why.decisions where topic.telling?.contains(decision.code) ?? true {
            let text = decision.text
            if !sentences.contains(text) { sentences.append(text) }
        }
        return Array(sentences.prefix(Self.mostSentences))
    }
}

/// The exercises: makes problems and marks answers. The same request has the same answer on every host.
struct ExerciseBook: Sendable {
    private let machines: ExerciseMachines

    init(_ images: BootImageCache) { machines = ExerciseMachines(images) }

    /// Poses a problem; `nil` if there is no such topic.
    func pose(_ reference: ExerciseReference) -> PosedExercise? {
        ExerciseTopics.named(reference.topic).map { topic in
            PosedExercise(
                topic: topic, reference: reference,
                exercise: reference.exercise(topic, machines))
        }
    }
}
