/// Why bytes are no record of a journal.
public enum RecordError: Error, Hashable, Sendable {
    /// They end too early.
    case truncated
    /// The check value is another one: a bit has changed, or the record stands under a wrong key.
    case damaged
    /// A newer version of the program wrote them.
    case newerVersion(UInt8)
    /// The number of a kernel function that this version does not know.
    case unknownFunction(UInt8)
    /// A field has a value that it cannot have.
    case outOfRange(String)
    /// Something stands behind the end.
    case trailingBytes
    /// The record of this step is missing, though one behind it is there.
    case missing
}

extension RecordError: CustomStringConvertible {
    /// A clause for a sentence about the record.
    public var description: String {
        switch self {
        case .truncated: "it ends too early"
        case .damaged: "its check value is wrong"
        case .newerVersion(let version): "it has version \(version), and this program is older"
        case .unknownFunction(let tag): "it names function \(tag), which this program does not know"
        case .outOfRange(let field): "its \(field) is out of range"
        case .trailingBytes: "it has bytes behind its end"
        case .missing: "it is missing"
        }
    }
}
