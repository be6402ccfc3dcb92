import CSimdJSON
import CZlib
import KernelMemory

/// Files that hold one recorded machine: a note, the header and one full dump of a trace.
package enum RecordingFile {
    /// Reads a recorded machine from a file, `.jsonl` or `.jsonl.gz`; a whole trace will do.
    package static func read(path: String) throws(TraceError) -> RecordedDump {
        var file = try TraceFile(path: path)
        var reader = DumpReader()
        var line = 0
        do throws(DumpFault) {
            while let bytes = try lineOrFault(&file) {
                line += 1
                var value = csj_value()
                guard csj_parse(bytes.baseAddress, bytes.count, &value) == 0 else {
                    throw DumpFault(
                        record: line, place: "line \(line)", field: "", value: nil,
                        expected: "one JSON object")
                }
                if try reader.read(value, index: line) { break }
            }
            return try reader.finish()
        } catch { throw .malformed(line: error.record ?? line, "\(error)") }
    }

    private static func lineOrFault(
        _ file: inout TraceFile
    ) throws(DumpFault) -> UnsafeRawBufferPointer? {
        do throws(TraceError) { return try file.nextLine() } catch {
            throw DumpFault(
                record: nil, place: "The file", field: "", value: nil,
                expected: "readable; \(error)")
        }
    }

    /// Takes one dump out of a trace and writes it with its header to a file of its own.
    ///
    /// The machine is booted once on the way, so what was written can be booted.
    ///
    /// - Parameters:
    ///   - tag: which dump, such as `initial` or `after_ops`.
    ///   - note: what the first line of the new file says.
    /// - Returns: the machine.
    package static func extract(
        trace: String, tag: String, note: RecordingNote, to path: String
    ) throws(TraceError) -> RecordedDump {
        let lines = try lines(of: trace, tag: tag)
        try write([note.line] + lines, to: path)
        let dump = try read(path: path)
        do throws(RecordingError) {
            _ = try BootImage(recording: dump.recording)
        } catch { throw .unreadable("\(trace), dump \(tag): \(dump.fault(error))") }
        return dump
    }

    private static func lines(of trace: String, tag: String) throws(TraceError) -> [[UInt8]] {
        var file = try TraceFile(path: trace)
        var lines: [[UInt8]] = []
        var isWanted = false
        while let bytes = try file.nextLine() {
            guard case .other(let kind, let node) = TraceRecord(line: bytes) else { continue }
            if kind == "dump" {
                isWanted = node["tag"]?.text == tag && node["lists"]?.number == 1
            }
            if isWanted || kind == "hdr" || kind == "trace" { lines.append([UInt8](bytes)) }
            if isWanted, kind == "enddump" { return lines }
        }
        throw .unreadable("\(trace) has no full dump \(tag)")
    }

    private static func write(_ lines: [[UInt8]], to path: String) throws(TraceError) {
        guard let file = gzopen(path, "wb9") else {
            throw .unreadable("\(path) cannot be written")
        }
        var isWhole = true
        for line in lines {
            isWhole =
                isWhole && gzwrite(file, line, UInt32(line.count)) == line.count
                && gzputc(file, Int32(UInt8(ascii: "\n"))) >= 0
        }
        guard gzclose(file) == Z_OK, isWhole else {
            throw .unreadable("\(path) cannot be written")
        }
    }
}

extension RecordingNote {
    /// The record as a line of JSON.
    fileprivate var line: [UInt8] {
        let members = [("name", name), ("shows", shows), ("source", source)]
        let texts = members.map { "\"\($0.0)\":\"\(escaped($0.1))\"" }.joined(separator: ",")
        return Array("{\"t\":\"recording\",\(texts)}".utf8)
    }
}

private func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\u{0}"..<" ": result += " "
        default: result.unicodeScalars.append(scalar)
        }
    }
}
