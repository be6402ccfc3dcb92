import MicroHTTPD

/// Grades without a server: no network, no clock, no randomness.
public struct Grader: Sendable {
    private let service: MemoryService

    /// The calls that are graded.
    public enum Submission: Sendable {
        /// Those that the scenario has itself.
        case inScenario
        /// A JSON document: an array of calls, or an object with the member `calls`.
        case json([UInt8])
        /// A text with a call on each line.
        case lines([UInt8])
    }

    /// A mistake in a scenario.
    public struct ScenarioError: Error, CustomStringConvertible {
        /// What is wrong, and where.
        public let description: String

        /// Says what is wrong with a scenario before it is JSON.
        public init(_ description: String) { self.description = description }
    }

    /// The most bytes of a file with a scenario or a submission.
    public static let fileLimit = GradeLimits.fileBytes

    /// - Parameter recordings: the recorded machines that scenarios can start from by name.
    public init(recordings: RecordingLibrary = RecordingLibrary()) {
        // No clock: the same grade however slow the host is. GradeLimits are enough.
        var limits = SessionLimits()
        limits.workSecondsPerRequest = .infinity
        service = MemoryService(limits: limits, recordings: recordings)
    }

    /// Grades a submission.
    ///
    /// - Parameter scenario: a JSON document.
    /// - Throws: what is wrong with the scenario; a mistake in the submission fails its tests instead.
    public func grade(
        _ scenario: [UInt8], _ submission: Submission = .inScenario
    ) throws(ScenarioError) -> Grade {
        var body = PaddedBytes()
        scenario.withUnsafeBytes { body.append($0) }
        let submitted: SubmittedCalls =
            switch submission {
            case .inScenario: .none
            case .json(let bytes): .json(PaddedBytesBox(bytes))
            case .lines(let bytes): .lines(bytes)
            }
        do throws(Problem) {
            let grade = try service.grade(body.bytes, submitted, owner: ClientAddress())
            return withExtendedLifetime(body) { grade }
        } catch {
            let places = error.faults.compactMap { fault -> String? in
                if case .body(let pointer) = fault.place { " [#\(pointer)]" } else { nil }
            }
            throw ScenarioError(error.detail + places.joined())
        }
    }
}
