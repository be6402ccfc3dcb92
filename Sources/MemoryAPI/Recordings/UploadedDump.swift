import CSimdJSON
import KernelMemory
import KernelTraces
import MicroHTTPD

/// A recorded machine that a client sent, and where in the body each record stands.
struct UploadedDump {
    /// How the records are written down.
    enum Form {
        /// As the array `dump` of a JSON object.
        case member
        /// Each in a line of its own.
        case lines
    }

    let dump: RecordedDump
    private let form: Form

    /// Reads the array of a member `dump`.
    init(_ value: csj_value, at pointer: String) throws(Problem) {
        guard value.kind == CSJ_ARRAY else {
            throw value.problem(
                at: pointer, wanted: "an array of the records of a trace, from hdr to enddump")
        }
        form = .member
        var cursor = withUnsafePointer(to: value) { csj_elements($0) }
        var reader = DumpReader()
        var index = 0
        var element = csj_value()
        do throws(DumpFault) {
            while csj_next_element(&cursor, &element) {
                if try reader.read(element, index: index) { break }
                index += 1
            }
            dump = try reader.finish()
        } catch { throw Problem(error, .member) }
        try validate()
    }

    /// Reads the member `dump` of a body that was read before.
    init(member body: UnsafeRawBufferPointer) throws(Problem) {
        var root = try JSONBody.parse(body)
        guard root.kind == CSJ_OBJECT else {
            throw root.problem(at: "", wanted: "a JSON object")
        }
        var cursor = csj_members(&root)
        var key = csj_text()
        var value = csj_value()
        while csj_next_member(&cursor, &key, &value) {
            guard UnsafeRawBufferPointer(start: key.start, count: key.count).equals("dump") else {
                continue
            }
            self = try UploadedDump(value, at: "/dump")
            return
        }
        throw root.problem(at: "", wanted: "an object with the member dump")
    }

    /// Reads a body of lines.
    init(lines body: UnsafeRawBufferPointer) throws(Problem) {
        form = .lines
        var reader = DumpReader()
        var lines = JSONLines(body)
        while let value = try lines.next() {
            do throws(DumpFault) {
                if try reader.read(value, index: lines.line - 1) { break }
            } catch { throw Problem(error, .lines) }
        }
        do throws(DumpFault) { dump = try reader.finish() } catch { throw Problem(error, .lines) }
        try validate()
    }

    /// Refuses what can be refused before memory is taken for the machine.
    private func validate() throws(Problem) {
        do throws(RecordingError) { try dump.recording.validate() } catch { throw problem(error) }
    }

    /// The refusal of a dump that contradicts itself.
    func problem(_ error: RecordingError) -> Problem { Problem(dump.fault(error), form) }
}

extension Problem {
    /// The refusal of a record, with a pointer to the field.
    fileprivate convenience init(_ fault: DumpFault, _ form: UploadedDump.Form) {
        let record = fault.record.map { "/\($0)" } ?? ""
        let pointer = (form == .member ? "/dump" : "") + record + fault.field
        let line = form == .lines ? fault.record.map { "Line \($0 + 1): " } ?? "" : ""
        self.init(
            .invalidRecording, "\(line)\(fault).",
            faults: [
                .init(
                    place: .body(pointer), value: fault.value,
                    detail: "must be \(fault.expected)")
            ])
    }
}
