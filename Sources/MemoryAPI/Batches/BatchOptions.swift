import KernelMemory
import MicroHTTPD

/// What the query says about a batch.
struct BatchOptions {
    /// Whether the calls behind one that failed are not run.
    var stopsAtFailure = false
    /// Whether nothing has happened if a call failed.
    var isAtomic = false
    /// Whether the answers come with a summary.
    var wantsSummary = false

    /// The parameters of the route: its own, and the one that a single call has.
    static let query = ["on_failure", "atomic", "explain"]
    /// The same, to be looked for.
    static let names = FieldNames(query)

    private static let reactions = FieldNames(["continue", "stop"])
    private static let answers = FieldNames(["false", "true"])

    /// The usual: go on, keep what was done, answer with no more than asked for.
    init() {}

    init(_ request: borrowing Request) throws(Problem) {
        if let reaction = try request.choice("on_failure", Self.reactions) {
            stopsAtFailure = reaction == 1
            wantsSummary = true
        }
        if let answer = try request.choice("atomic", Self.answers) {
            isAtomic = answer == 1
            wantsSummary = true
        }
    }
}

extension Request {
    /// A parameter that is one of some words: its place among them; `nil` if it is not there.
    fileprivate func choice(
        _ name: StaticString, _ words: FieldNames
    ) throws(Problem) -> Int? {
        guard let text = query(name) else { return nil }
        guard let index = words.index(of: text) else {
            throw Self.problem(
                "\(name)", text, "one of \(words.all.joined(separator: ", "))",
                suggestions: nearest(text, words))
        }
        return index
    }

    private func nearest(_ text: UnsafeRawBufferPointer, _ words: FieldNames) -> [String] {
        KernelMemory.nearest(to: text.quoted, among: words.all)
    }
}
