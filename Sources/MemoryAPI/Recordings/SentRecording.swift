import MicroHTTPD

/// A body of `POST /sessions` with a recorded machine, as it came.
struct SentRecording {
    let form: SessionCreation.RecordingForm
    let bytes: [UInt8]

    /// Nothing was sent.
    static let none = SentRecording(form: .none, bytes: [])

    /// The body of a request that started a session; nothing if that needs none of it.
    init(_ request: borrowing Request, for start: SessionStart) {
        guard case .uploaded = start else {
            self = .none
            return
        }
        self.init(form: request.hasLines ? .lines : .object, bytes: Array(request.body))
    }

    init(form: SessionCreation.RecordingForm, bytes: [UInt8]) {
        self.form = form
        self.bytes = bytes
    }

    /// Reads it once more; `nil` if nothing was sent.
    ///
    /// - Throws: a problem if this version reads recordings in another way than that which took it.
    func start() throws(Problem) -> SessionStart? {
        switch form {
        case .none: return nil
        case .lines:
            return try Self.padded(bytes) { body throws(Problem) in
                .uploaded(try UploadedDump(lines: body))
            }
        case .object:
            return try Self.padded(bytes) { body throws(Problem) in
                .uploaded(try UploadedDump(member: body))
            }
        }
    }

    /// The parser reads some bytes behind the end.
    private static func padded(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Problem) -> SessionStart
    ) throws(Problem) -> SessionStart {
        let padded = bytes + [UInt8](repeating: 0, count: 64)
        let start: Result<SessionStart, Problem> = padded.withUnsafeBytes { all in
            Result { () throws(Problem) in
                try body(UnsafeRawBufferPointer(rebasing: all[..<bytes.count]))
            }
        }
        return try start.get()
    }
}
