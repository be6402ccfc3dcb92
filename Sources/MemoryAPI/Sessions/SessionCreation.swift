import MicroHTTPD

/// Where a session came from: what its stored record keeps beside its configuration and its secrets.
///
///     | version | owner's address | how the recording was sent | step | request |
///     | 1       | 16              | 1                          | 4    | 8       |
struct SessionCreation: Equatable, Sendable {
    /// How the recorded machine was sent that a session starts from.
    enum RecordingForm: UInt8 {
        /// The client sent none.
        case none
        /// As a member of a JSON object.
        case object
        /// In lines of their own.
        case lines
    }

    let owner: ClientAddress
    let form: RecordingForm
    /// The step at which it began: 0, or that at which it left another one.
    let step: UInt32
    /// The hash of the request that began it; 0 for one without an `Idempotency-Key`.
    let request: UInt64

    private static let version: UInt8 = 1
    private static let byteCount = 30

    /// What is known of a new session.
    init(owner: ClientAddress, form: RecordingForm, step: UInt32, request: UInt64) {
        self.owner = owner
        self.form = form
        self.step = step
        self.request = request
    }

    /// Reads what ``bytes`` gave; `nil` if it is something else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes[0] == Self.version,
            let owner = ClientAddress(bytes: bytes[1..<17]),
            let form = RecordingForm(rawValue: bytes[17])
        else { return nil }
        self.init(
            owner: owner, form: form,
            step: bytes[18..<22].reduce(0) { $0 << 8 | UInt32($1) },
            request: bytes[22..<30].reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// For the stored record.
    var bytes: [UInt8] {
        [Self.version] + owner.bytes + [form.rawValue] + Self.bytes(of: step)
            + Self.bytes(of: request)
    }

    /// The bytes of a number, the highest first.
    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
