import KernelMemory

extension Decision {
    /// A number of the decision; 0 if it has none of that name.
    func number(_ name: String) -> Int {
        if case .number(let number) = self[name] { Int(number) } else { 0 }
    }

    /// A name in the decision; empty if it has none of that name.
    func word(_ name: String) -> String {
        if case .text(let text) = self[name] { text } else { "" }
    }
}
