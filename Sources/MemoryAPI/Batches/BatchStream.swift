import MicroHTTPD

/// Answers to a batch that are written while they are sent.
final class BatchStream: ResponseStream, @unchecked Sendable {
    private var answers: BatchAnswers
    private let form: BatchAnswers.Form
    private var phase = Phase.beginning
    /// What is written and not sent.
    private var block = OutputBuffer()
    private var sentCount = 0

    private enum Phase {
        case beginning
        case answers
        case end
    }

    /// How many bytes are written at a time.
    private static let blockSize = 32_768
    /// More bytes than an answer usually has.
    private static let answerSize = 1_024

    init(_ answers: BatchAnswers, _ form: BatchAnswers.Form) {
        self.answers = answers
        self.form = form
    }

    func opened(_ waker: StreamWaker) {}

    func closed() {}

    func read(into target: UnsafeMutableRawBufferPointer) -> StreamRead {
        if sentCount == block.count {
            guard phase != .end else { return .end }
            writeBlock()
        }
        let count = min(target.count, block.count - sentCount)
        target.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: block.bytes[sentCount..<(sentCount + count)]))
        sentCount += count
        return .bytes(count)
    }

    private func writeBlock() {
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
        var budget = WorkBudget.inPassing
        budget.resume()
        while json.count < Self.blockSize - Self.answerSize, !budget.isUsedUp() {
            guard answers.write(form, next: &json) else {
                answers.end(form, &json)
                phase = .end
                break
            }
        }
        block = json.finish()
    }
}
