import MicroHTTPD

/// Going back in a session, and on again.
extension MemoryService {
    var timeTravelEndpoints: [Endpoint] {
        [
            change(.post, "/undo", TimeTravelRoutes.undo),
            change(.post, "/redo", TimeTravelRoutes.redo),
        ]
    }
}

enum TimeTravelRoutes {
    private static let fields = FieldNames(["steps"])

    @Sendable
    static func undo(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let steps = try steps(request)
        guard steps <= session.step else {
            throw Problem(
                .nothingToUndo, "There are \(session.step) steps to undo, not \(steps).")
        }
        try session.move(to: session.step - steps)
        response.step(session)
    }

    @Sendable
    static func redo(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let steps = try steps(request)
        guard steps <= session.lastStep - session.step else {
            throw Problem(
                .nothingToRedo,
                "There are \(session.lastStep - session.step) steps to redo, not \(steps).")
        }
        try session.move(to: session.step + steps)
        response.step(session)
    }

    private static func steps(_ request: borrowing Request) throws(Problem) -> Int {
        var reader = try JSONObjectReader(request, fields)
        var steps: UInt64 = 1
        while try reader.next() != nil { steps = try reader.number(1...UInt64(UInt32.max)) }
        return Int(steps)
    }
}

extension Response {
    fileprivate mutating func step(_ session: borrowing SessionState) {
        json { json in
            json.object { json in
                json.member("step", session.step)
                json.member("last_step", session.lastStep)
            }
        }
    }
}
