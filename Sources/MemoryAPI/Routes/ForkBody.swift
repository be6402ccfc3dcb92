import MicroHTTPD

/// What `POST /sessions/{id}/fork` says: `{"step": 12}`, or nothing for where the session stands.
struct ForkBody {
    /// `nil` for where the session stands.
    var step: Int?

    private static let fields = FieldNames(["step"])

    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        while try reader.next() != nil {
            step = Int(try reader.number(0...UInt64(UInt32.max)))
        }
    }
}
