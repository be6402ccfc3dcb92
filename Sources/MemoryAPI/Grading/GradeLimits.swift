/// What one grading may use.
enum GradeLimits {
    /// Calls of the setup and of the submission together.
    static let calls = 20_000
    /// Tests of a scenario.
    static let tests = 200
    /// Assertions of all tests together.
    static let assertions = 1_000
    /// Different moments that assertions look at: each may be a short replay.
    static let moments = 100
    /// Different snapshots that assertions ask for, each at some moment.
    static let snapshots = 200
    /// Bytes of snapshots that assertions look into.
    static let snapshotBytes = 32 << 20
    /// Bytes of a value that an assertion reads or expects, as a message shows it.
    static let shownBytes = 200
    /// Bytes of a scenario, or of a submission, that is read from a file.
    static let fileBytes = 1 << 20
}
