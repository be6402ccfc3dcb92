import MicroHTTPD

/// Answers to a batch that are written while they are sent.
///
/// Calls that are quick are made again on the connection's thread; those that take long, where nobody
/// else waits.
final class BatchStream: ResponseStream, @unchecked Sendable {
    private var answers: BatchAnswers
    private let form: BatchAnswers.Form
    /// Whose turn it is to write what takes long.
    private let turn: WorkTurn
    private var phase = Phase.beginning
    /// What is written and not sent.
    private var block = OutputBuffer()
    private var sentCount = 0
    /// Whether the last block took longer than others should wait.
    private var isSlow = false

    private enum Phase {
        case beginning
        case answers
        case end
    }

    /// How many bytes are written at a time.
    private static let blockSize = 32_768
    /// More bytes than an answer usually has.
    private static let answerSize = 1_024
    /// Seconds of a processor's time that a block may have where nobody waits.
    private static let secondsForSlowBlock = 0.1

    init(_ answers: BatchAnswers, _ form: BatchAnswers.Form, turn: WorkTurn) {
        self.answers = answers
        self.form = form
        self.turn = turn
    }

    func opened(_ waker: StreamWaker) {}

    func closed() {}

    func read(into target: UnsafeMutableRawBufferPointer) -> StreamRead {
        while sentCount == block.count {
            guard phase != .end else { return .end }
            guard !isSlow else { return .takesLong(turn) }
            writeBlock()
        }
        let count = min(target.count, block.count - sentCount)
        target.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: block.bytes[sentCount..<(sentCount + count)]))
        sentCount += count
        return .bytes(count)
    }

    func prepare() { writeBlock(secondsIfSlow: Self.secondsForSlowBlock) }

    /// Writes as much as is quick, and notes whether it was.
    ///
    /// - Parameter secondsIfSlow: a processor's time to go on for if it was not.
    private func writeBlock(secondsIfSlow: Double = 0) {
        var taken = OutputBuffer()
        swap(&taken, &block)
        taken.removeAll()
        sentCount = 0
        var json = JSONWriter(taken, expecting: Self.blockSize)
        if phase == .beginning {
            answers.begin(form, &json)
        } else {
            json.startOver(behindValue: form != .lines)
        }
        phase = .answers
        isSlow = !fill(&json, within: .inPassing)
        if isSlow { _ = fill(&json, within: WorkBudget(seconds: secondsIfSlow)) }
        block = json.finish()
    }

    /// Writes answers.
    ///
    /// - Returns: whether that made a whole block, or the last one.
    private func fill(_ json: inout JSONWriter, within budget: WorkBudget) -> Bool {
        var budget = budget
        budget.resume()
        while json.count < Self.blockSize - Self.answerSize {
            if budget.isUsedUp() { return false }
            guard answers.write(form, next: &json) else {
                answers.end(form, &json)
                phase = .end
                break
            }
        }
        return true
    }
}
