import CSimdJSON
import KernelMemory

/// Reads one recorded machine from the records of a trace, given one after the other.
///
/// It takes the header and the first full dump behind it. What else stands before the dump is
/// passed over (texts of `/proc`, the driver's commands); what follows the dump is not asked for.
package struct DumpReader {
    private var reader = RecordingReader()
    private var note: RecordingNote?
    private var result: RecordedDump?

    package init() {}

    /// Reads a record.
    ///
    /// - Parameters:
    ///   - value: a JSON value; it is not kept.
    ///   - index: how a refusal names the record.
    /// - Returns: whether the dump is complete, so that no further record is wanted.
    package mutating func read(_ value: csj_value, index: Int) throws(DumpFault) -> Bool {
        let node = JSONNode(value)
        let fields = RecordFields(node: node, record: index, place: "record \(index)")
        guard value.kind == CSJ_OBJECT else { throw fields.fault("", node, "an object") }
        let kind = try fields.text("t")
        switch kind {
        case "recording": note = try RecordingNote(fields)
        case "hdr": try reader.readHeader(node, index)
        case "trace" where !reader.isReading: try reader.readTrace(node, index)
        case "dump":
            try fields.check("t", reader.header != nil, "behind a hdr record")
            reader.begin(node)
        case "enddump" where reader.isReading:
            let places = reader.places
            guard let recording = try reader.finish() else { return false }
            result = RecordedDump(
                recording: recording, release: reader.release, note: note, places: places)
            return true
        default: if reader.isReading { try reader.read(kind, node, index) }
        }
        return false
    }

    /// What was read.
    package func finish() throws(DumpFault) -> RecordedDump {
        if let result { return result }
        throw DumpFault(
            record: nil, place: "The dump", field: "", value: nil,
            expected:
                "a hdr record, and a dump record with \"lists\":1 and all that follows it up to "
                + "enddump")
    }
}

/// A recorded machine, and what its file says about it.
package struct RecordedDump: Sendable {
    /// The machine's state.
    package let recording: MachineRecording
    /// The kernel's release, `6.1.192`.
    package let release: String
    /// Its name and what it shows, if the file says so.
    package let note: RecordingNote?
    private let places: [RecordingError.Record: Int]

    init(
        recording: MachineRecording, release: String, note: RecordingNote?,
        places: [RecordingError.Record: Int]
    ) {
        self.recording = recording
        self.release = release
        self.note = note
        self.places = places
    }

    /// Leads a contradiction back to the record that it was read from.
    package func fault(_ error: RecordingError) -> DumpFault {
        DumpFault(
            record: places[error.record], place: "\(error.record)", field: error.field,
            value: error.value, expected: error.expected)
    }
}

/// What a `recording` record says of the dump behind it: the first line of a shipped recording.
package struct RecordingNote: Equatable, Sendable {
    /// The name that a session asks for.
    package let name: String
    /// What the machine shows, in a sentence.
    package let shows: String
    /// The trace and the dump in it that it was taken from.
    package let source: String

    package init(name: String, shows: String, source: String) {
        self.name = name
        self.shows = shows
        self.source = source
    }

    /// Whether a text can be a recording's name.
    package static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    init(_ fields: RecordFields) throws(DumpFault) {
        name = try fields.text("name")
        try fields.check("name", Self.isName(name), "1 to 40 of a to z, 0 to 9, - and _")
        shows = try fields.text("shows")
        source = try fields.text("source")
    }
}
