import KernelMemory

/// A kind of problem that there are endless many of.
///
/// A topic makes problems and says what would be right; reading answers, marking them, JSON and print are
/// the same for all. A new topic is one file, and a line in ``ExerciseTopics``.
protocol ExerciseTopic: Sendable {
    /// The last part of its path.
    static var id: String { get }
    /// What it is called.
    static var title: String { get }
    /// What is asked there.
    static var summary: String { get }

    /// The kernel's decisions that a solution tells; `nil` for all of them.
    static var telling: Set<Decision.Code>? { get }

    /// Makes a problem out of random numbers and of machines that have just booted.
    ///
    /// Whatever the numbers, the problem is right: its answers are what the machine came to. Only, it may be
    /// too easy or too odd (see ``Exercise/isWorthwhile``), and then another one is asked for.
    ///
    /// - Parameter level: 1 to 3.
    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise
}

extension ExerciseTopic {
    static var telling: Set<Decision.Code>? { nil }
}

/// All topics, in the order of a course.
enum ExerciseTopics {
    static let all: [any ExerciseTopic.Type] = [
        PowerOfTwoTopic.self, FreeListsTopic.self, MergeTopic.self, WrongFreeTopic.self,
        ZoneChoiceTopic.self, SizeClassTopic.self, DoubleFreeTopic.self, TranslationTopic.self,
        LeaksTopic.self, MaySleepTopic.self,
    ]

    /// The topic of an id; `nil` if there is none.
    static func named(_ id: String) -> (any ExerciseTopic.Type)? { all.first { $0.id == id } }
}

extension ExerciseReference {
    /// How often another problem is tried before one is taken that is too easy.
    static let attempts = 256

    /// Makes the problem.
    ///
    /// - Complexity: that of a few boots from an image, and of fewer than a hundred calls each.
    func exercise(_ topic: any ExerciseTopic.Type, _ machines: ExerciseMachines) -> Exercise {
        var random = ExerciseRandom(self)
        var exercise = topic.candidate(level: level, &random, machines)
        var attempts = 1
        while !exercise.isWorthwhile, attempts < Self.attempts {
            exercise = topic.candidate(level: level, &random, machines)
            attempts += 1
        }
        return exercise
    }
}
