import KernelMemory
import MicroHTTPD

extension MemoryService {
    /// A route that makes a call: with `?explain=true` the answer ends with the call's decisions.
    ///
    /// They come from running the call again on a copy of the machine as it was, so that the plain way
    /// pays nothing for them.
    func call(
        _ method: HTTPMethod, _ pattern: String, query: [String] = [],
        consumes: [String] = ["application/json"], produces: [String] = ["application/json"],
        _ handler: @escaping ChangeHandler
    ) -> Endpoint {
        change(method, pattern, query: query + ["explain"], consumes: consumes, produces: produces)
        {
            (request, session, response) throws(Problem) in
            try request.explain(&session, &response) { (session, response) throws(Problem) in
                try handler(request, &session, &response)
            }
        }
    }
}

extension Request {
    /// Does the work of a call, and adds its decisions to the answer if the query asks for them.
    func explain(
        _ session: inout SessionState, _ response: inout Response,
        _ work: (inout SessionState, inout Response) throws(Problem) -> Void
    ) throws(Problem) {
        guard try wantsExplanation() else { return try work(&session, &response) }
        let before = session.machine
        try work(&session, &response)
        let why = try session.view().explanation(since: before)
        response.addMembers { json in json.explanation(why) }
    }

    /// Whether the query asks for a call's decisions.
    func wantsExplanation() throws(Problem) -> Bool {
        guard let text = query("explain") else { return false }
        if text.equals("true") { return true }
        if text.equals("false") { return false }
        throw Self.problem("explain", text, "true or false")
    }
}

extension SessionView {
    /// The decisions of the last call, made again from an earlier state on; none if there was no call
    /// in between.
    func explanation(since earlier: Machine) -> Explanation {
        var machine = earlier
        while Int(machine.step) + 1 < step, let call = call(of: machine.step + 1) {
            _ = machine.apply(call)
        }
        guard let call = call(of: machine.step + 1) else { return Explanation() }
        return machine.explain(call).why
    }
}

extension Response {
    /// Adds members at the end of the object that is the body.
    mutating func addMembers(_ members: (inout JSONWriter) -> Void) {
        body.truncate(to: body.count - 1)
        var taken = OutputBuffer()
        swap(&taken, &body)
        var writer = JSONWriter(taken)
        writer.raw(",")
        members(&writer)
        writer.raw("}")
        body = writer.finish()
    }
}

extension JSONWriter {
    /// Writes `explain`, and how many decisions are not in it.
    mutating func explanation(_ why: Explanation) {
        array("explain") { json in
            for decision in why.decisions { json.decision(decision) }
        }
        member("explain_left_out", why.leftOutCount)
    }

    private mutating func decision(_ decision: Decision) {
        object { json in
            json.member("code", decision.code.rawValue)
            json.member("text", decision.text)
            for field in decision.fields { json.field(field) }
        }
    }

    private mutating func field(_ field: Decision.Field) {
        key(named: field.name)
        switch field.value {
        case .number(let number): self.number(number)
        case .address(let address): self.address(address)
        case .text(let text): self.text(text)
        }
    }
}
