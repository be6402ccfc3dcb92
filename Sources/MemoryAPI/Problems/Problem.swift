import MicroHTTPD

/// Why a request is refused, for the client to read.
///
/// The one way from a refusal to a response: handlers throw it, the route's wrapper writes it.
///
/// The corresponding standard is RFC 9457, with `suggestions`, `errors` and `oops` beside its own
/// members.
final class Problem: Error, Sendable {
    /// Where in the request something is wrong.
    struct Fault: Sendable {
        /// What kind of place it is.
        enum Place: Sendable {
            /// A JSON Pointer into the body, `/order`.
            case body(String)
            /// A query parameter's name.
            case query(String)
            /// A placeholder of the path.
            case path(String)
        }

        let place: Place
        /// What stands there, as text; `nil` if nothing does.
        var value: String?
        /// What would be right.
        let detail: String
    }

    /// A further member.
    enum Extra: Sendable {
        case text(StaticString, String)
        case number(StaticString, UInt64?)
    }

    let kind: ProblemKind
    /// What is wrong with this very request.
    let detail: String
    let suggestions: [String]
    let faults: [Fault]
    let extras: [Extra]
    /// The turn in which the request is to be begun anew in the work queue: nothing is wrong with it, but it takes
    /// too long for where it was begun.
    let workTurn: WorkTurn?

    init(
        _ kind: ProblemKind, _ detail: String, suggestions: [String] = [], faults: [Fault] = [],
        extras: [Extra] = [], workTurn: WorkTurn? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.suggestions = suggestions
        self.faults = faults
        self.extras = extras
        self.workTurn = workTurn
    }

    /// The part of a sentence that offers what may have been meant, or nothing.
    static func didYouMean(_ suggestions: [String]) -> String {
        suggestions.isEmpty ? "" : "; did you mean \(suggestions.joined(separator: " or "))?"
    }
}

extension Problem {
    /// The same about a value that stands within a larger body.
    ///
    /// - Parameter pointer: where the value stands.
    func below(_ pointer: String) -> Problem {
        let moved = faults.map { fault in
            guard case .body(let place) = fault.place else { return fault }
            return Fault(place: .body(pointer + place), value: fault.value, detail: fault.detail)
        }
        return Problem(kind, detail, suggestions: suggestions, faults: moved, extras: extras)
    }
}

// MARK: - As a response

extension Problem {
    /// Turns a response into this problem, whatever was in it.
    func write(to response: inout Response) {
        if let workTurn { return response.continueInWorkQueue(turn: workTurn) }
        response.reset()
        response.status = kind.status
        response.tag = kind.tag
        // A request that filled the connection's memory leaves room for few headers.
        response.protection = kind == .headersTooLarge ? .data : .page
        response.setHeader("Content-Type", "application/problem+json")
        response.setHeader("Cache-Control", "no-store")
        switch kind.status {
        case 401: response.setHeader("WWW-Authenticate", "Bearer realm=\"kmemlab\"")
        case 429, 503: response.setHeader("Retry-After", "60")
        default: break
        }
        response.json { json in self.write(to: &json) }
    }

    private func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", "/problems/\(kind.rawValue)")
            json.member("title", kind.title)
            json.member("status", kind.status)
            json.member("detail", detail)
            if !suggestions.isEmpty {
                json.array("suggestions") { json in suggestions.forEach { json.text($0) } }
            }
            if !faults.isEmpty {
                json.array("errors") { json in faults.forEach { $0.write(to: &json) } }
            }
            extras.forEach { $0.write(to: &json) }
        }
    }
}

extension Problem.Fault {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            switch place {
            case .body(let pointer): json.member("pointer", "#\(pointer)")
            case .query(let name): json.member("parameter", name)
            case .path(let name): json.member("path_parameter", name)
            }
            if let value { json.member("value", value) }
            json.member("detail", detail)
        }
    }
}

extension Problem.Extra {
    fileprivate func write(to json: inout JSONWriter) {
        switch self {
        case .text(let name, let value): json.member(name, value)
        case .number(let name, let value): json.member(name, orNull: value)
        }
    }
}
