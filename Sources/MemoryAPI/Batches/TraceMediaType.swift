import CallImport
import MicroHTTPD

extension TraceFormat {
    /// What a body of this format says it is.
    var mediaType: String {
        switch self {
        case .rep: "text/x-malloc-rep"
        case .mtrace: "text/x-mtrace"
        case .ftrace: "text/x-ftrace"
        }
    }
}

/// What the body of a batch may be.
enum BatchBody {
    /// A JSON document.
    case document
    /// Lines of JSON, or a trace's.
    case lines(TraceFormat?)

    /// All types.
    static let mediaTypes =
        ["application/json", JSONLines.mediaType] + TraceFormat.allCases.map(\.mediaType)

    init(_ request: borrowing Request) {
        self = .document
        guard let type = request.mediaType else { return }
        if type == JSONLines.mediaType {
            self = .lines(nil)
        } else if let format = TraceFormat.allCases.first(where: { $0.mediaType == type }) {
            self = .lines(format)
        }
    }
}
