import KernelMemory
import MicroHTTPD

/// Why a call of the journal ended as it did.
extension MemoryService {
    /// Makes the call of a step again, on a copy of the machine as it was before, and answers with its
    /// decisions.
    var journalExplanation: Endpoint {
        open(.get, "/journal/{step}/explain") { [store] (request, response) throws(Problem) in
            let session = try store.session(of: request, for: .looking)
            let step = try request.journalStep()
            try store.look(at: session, WorkPlace(request, session)) { (state) throws(Problem) in
                let view = try state.view(at: step)
                let before = try state.view(at: step - 1).machine
                response.explanation(of: UInt32(step), view, since: before)
                EntityTag(view.hash, representation: 0).complete(&response, to: request)
            }
        }
    }
}

extension Request {
    /// The placeholder for the step of a call.
    fileprivate func journalStep() throws(Problem) -> Int {
        let text = parameter(0)
        if let number = wholeNumber(text), (1...UInt64(UInt32.max)).contains(number) {
            return Int(number)
        }
        let wanted = "the step of a call, 1 or more"
        throw Problem(
            .invalidReference, "step must be \(wanted), not \"\(text.quoted)\".",
            faults: [
                .init(place: .path("step"), value: text.quoted, detail: "must be \(wanted)")
            ])
    }
}

extension Response {
    /// Room for a usual explanation.
    private static let explanationSize = 8_192

    fileprivate mutating func explanation(
        of step: UInt32, _ view: SessionView, since before: Machine
    ) {
        json(expecting: Self.explanationSize) { json in
            json.object { json in
                json.member("step", step)
                json.memberCall(view.call(of: step))
                json.key("returned")
                json.returned(view.returned(by: step) ?? .void)
                json.explanation(view.explanation(since: before))
            }
        }
    }
}
