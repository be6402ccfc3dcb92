/// Where a value is in a body, spelt out only when somebody asks.
enum JSONPlace {
    /// The body itself.
    case body
    /// An element of the body, or the call on one of its lines.
    case element(Int)
    /// Anything else, by its JSON Pointer.
    case pointer(String)

    /// The JSON Pointer.
    var pointer: String {
        switch self {
        case .body: ""
        case .element(let index): "/\(index)"
        case .pointer(let text): text
        }
    }
}
