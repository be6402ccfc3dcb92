import MicroHTTPD

/// Where a session came from: what its stored record keeps beside its configuration and its secrets.
///
///     | version | owner's address | how the recording was sent |
///     | 1       | 16              | 1                          |
struct SessionCreation: Equatable {
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

    private static let version: UInt8 = 1

    /// What is known of a new session.
    init(owner: ClientAddress, form: RecordingForm) {
        self.owner = owner
        self.form = form
    }

    /// Reads what ``bytes`` gave; `nil` if it is something else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 18, bytes[0] == Self.version,
            let owner = ClientAddress(bytes: bytes[1..<17]),
            let form = RecordingForm(rawValue: bytes[17])
        else { return nil }
        self.init(owner: owner, form: form)
    }

    /// For the stored record.
    var bytes: [UInt8] { [Self.version] + owner.bytes + [form.rawValue] }
}
