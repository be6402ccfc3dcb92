/// Which problem: the same three always name the same one.
struct ExerciseReference: Hashable, Sendable {
    /// The topic's id.
    let topic: String
    /// 0 to 2^53 - 1, the whole numbers that every JSON reader keeps.
    let seed: UInt64
    /// How hard it is, 1 to 3.
    let level: Int

    /// Seeds that there are.
    static let seeds: ClosedRange<UInt64> = 0...9_007_199_254_740_991
    /// Levels that there are.
    static let levels = 1...3
    /// The seed and the level of a request that names none.
    static let usualSeed: UInt64 = 1
    static let usualLevel = 1

    /// The path and query of the problem.
    var path: String { "/exercises/\(topic)?seed=\(seed)&level=\(level)" }

    /// The problem with the next seed, of the same level.
    var next: ExerciseReference {
        ExerciseReference(
            topic: topic, seed: seed < Self.seeds.upperBound ? seed + 1 : 0, level: level)
    }
}
