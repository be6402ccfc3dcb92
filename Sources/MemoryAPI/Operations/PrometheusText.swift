import MicroHTTPD

/// Writes metrics in the text format of Prometheus, version 0.0.4.
///
///     text.family("kmemlab_sessions", .gauge, "Sessions that are there.") { family in
///         family.sample([("state", "memory")], 3)
///     }
struct PrometheusText: ~Copyable {
    /// What a metric's values mean.
    enum Kind: String {
        /// A number that goes up and down.
        case gauge = "gauge"
        /// A number that only grows, until the process ends.
        case counter = "counter"
        /// Numbers of values up to each of some bounds, and their sum.
        case histogram = "histogram"
    }

    private var output = OutputBuffer()

    /// The metric that is being written.
    private var name = ""

    /// Writes a metric's help, type and samples; nothing if there are no samples.
    mutating func family(
        _ name: String, _ kind: Kind, _ help: StaticString,
        _ body: (inout PrometheusText) -> Void
    ) {
        let start = output.count
        output.append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
        let headCount = output.count
        self.name = name
        body(&self)
        if output.count == headCount { output.truncate(to: start) }
    }

    /// Writes a metric of one sample.
    mutating func value(
        _ name: String, _ kind: Kind, _ help: StaticString, _ value: some BinaryInteger
    ) {
        family(name, kind, help) { $0.sample([], value) }
    }

    /// The buffer with all that was written.
    consuming func finish() -> OutputBuffer { output }

    /// Writes a sample.
    ///
    /// - Parameters:
    ///   - suffix: what the name ends in, for the parts of a histogram.
    ///   - labels: names and values in order.
    ///   - value: a decimal number.
    mutating func sample(
        _ suffix: String = "", _ labels: [(String, String)] = [], _ value: String
    ) {
        output.append(name + suffix)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
            output.append("{" + pairs.joined(separator: ",") + "}")
        }
        output.append(" \(value)\n")
    }

    /// Writes a sample with a whole number.
    mutating func sample(_ labels: [(String, String)] = [], _ value: some BinaryInteger) {
        sample("", labels, "\(value)")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Nanoseconds as seconds, in digits.
func secondsText(_ nanoseconds: UInt64) -> String {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    guard rest > 0 else { return "\(seconds)" }
    let digits = String(String(rest + 1_000_000_000).dropFirst())
    return "\(seconds).\(digits.prefix(through: digits.lastIndex { $0 != "0" }!))"
}
