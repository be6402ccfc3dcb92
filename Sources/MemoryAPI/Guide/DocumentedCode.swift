import KernelMemory

/// A stable code that clients see: of a broken rule of the kernel's, or of a refused request.
enum DocumentedCode: Hashable, Sendable {
    case misuse(Misuse.Code)
    case request(ProblemKind)

    /// All codes, in the order in which they are listed.
    static let all =
        Misuse.Code.allCases.map(DocumentedCode.misuse)
        + ProblemKind.allCases.map(DocumentedCode.request)

    /// The code of a text; `nil` if there is none.
    init?(_ text: String) {
        if let code = Misuse.Code(rawValue: text) {
            self = .misuse(code)
        } else if let kind = ProblemKind(rawValue: text) {
            self = .request(kind)
        } else {
            return nil
        }
    }

    /// The code as clients see it.
    var text: String {
        switch self {
        case .misuse(let code): code.rawValue
        case .request(let kind): kind.rawValue
        }
    }

    /// What it is about, in a few words.
    var title: String {
        switch self {
        case .misuse(let code): code.guide.title
        case .request(let kind): kind.title
        }
    }

    /// The path that tells more.
    var path: String { "/problems/\(text)" }

    /// How it comes about, what it leads to, and what to do instead.
    var explanation: (cause: String, consequence: String, cure: String) {
        switch self {
        case .misuse(let code): (code.guide.cause, code.guide.consequence, code.guide.cure)
        case .request(let kind): (kind.guide.cause, kind.guide.consequence, kind.guide.cure)
        }
    }

    /// Codes that go with it, or that are easily taken for it.
    var see: [DocumentedCode] {
        switch self {
        case .misuse(let code): code.guide.see
        case .request(let kind): kind.guide.see
        }
    }
}
