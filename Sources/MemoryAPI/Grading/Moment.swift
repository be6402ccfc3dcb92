/// When an assertion looks at the machine.
enum Moment: Hashable, Sendable {
    /// Behind all calls.
    case end
    /// Behind the call of this number, from 1 on; 0 before the first one.
    case call(Int)
    /// Behind the call whose result has this name, the last one of them.
    case name(String)

    /// As a message has it, behind what was looked at.
    var shown: String {
        switch self {
        case .end: "at the end"
        case .call(0): "before the first call"
        case .call(let number): "behind call \(number)"
        case .name(let name): "behind the call named \(name)"
        }
    }
}
