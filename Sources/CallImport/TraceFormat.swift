/// How a trace of allocations is written down.
public enum TraceFormat: String, CaseIterable, Sendable {
    /// The malloc lab of Carnegie Mellon: four numbers, then `a id bytes`, `r id bytes`, `f id`.
    case rep
    /// What glibc's `mtrace` writes: `@ place + address size`.
    case mtrace
    /// The kernel's ftrace as text, with the events of `kmem`.
    case ftrace

    /// The format of a text that begins with a line; `nil` if the line tells nothing.
    public init?(firstLine line: UnsafeRawBufferPointer) {
        let words = Words(line)
        guard let first = words.first else { return nil }
        if first.equals("=") || first.equals("@") || first.equals("+") || first.equals("-") {
            self = .mtrace
        } else if words.count == 1, first.decimal != nil {
            self = .rep
        } else if line.first == UInt8(ascii: "#") || FtraceLine(line) != nil {
            self = .ftrace
        } else {
            return nil
        }
    }
}
