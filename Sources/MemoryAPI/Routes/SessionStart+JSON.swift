import CSimdJSON
import KernelMemory
import MicroHTTPD

extension SessionStart {
    private static let fields = FieldNames([
        "machine", "memory", "cpus", "debug", "slub_debug", "slab", "slab_nomerge", "tlb",
        "recording", "dump",
    ])

    /// What `POST /sessions` says, before it is known whether it fits together.
    private struct Wish {
        /// `nil` for a recorded machine.
        var kind: MachineConfiguration.Kind?
        var isKindGiven = false
        var memory: Int?
        var cpus = 1
        var debug = false
        var checksObjects = false
        var slab = MachineConfiguration.SlabAllocator.slub
        var keepsCachesApart = false
        var tlb = TLBShape.usual
        var recording: String?
        var dump: UploadedDump?
        /// Fields given that only a machine that boots has.
        var bootFields: [String] = []
    }

    /// Reads what `POST /sessions` asks for; an empty body is the default machine.
    init(_ request: borrowing Request, _ library: RecordingLibrary) throws(Problem) {
        if request.hasLines {
            self = Self.start(try UploadedDump(lines: request.body), library)
            return
        }
        var reader = try JSONObjectReader(request, Self.fields)
        self = try Self.start(try Self.wish(&reader), library)
    }

    /// The machine of an empty body.
    static func usual(_ library: RecordingLibrary) throws(Problem) -> SessionStart {
        try start(Wish(), library)
    }

    /// Reads a machine within a body: the name of a kind, or an object as `POST /sessions` takes it.
    ///
    /// A thread that has a JSON document may lose it here.
    init(_ value: csj_value, at pointer: String, _ library: RecordingLibrary) throws(Problem) {
        if value.kind == CSJ_STRING {
            guard let kind = MachineConfiguration.Kind(rawValue: value.bytes.quoted) else {
                let names = MachineConfiguration.Kind.allCases.map(\.rawValue)
                throw value.problem(
                    at: pointer, wanted: "one of \(names.joined(separator: ", ")), or an object")
            }
            var wish = Wish()
            (wish.kind, wish.isKindGiven) = (kind, true)
            self = try Self.start(wish, library)
            return
        }
        do throws(Problem) {
            var reader = try JSONObjectReader(value, in: .body, Self.fields)
            self = try Self.start(try Self.wish(&reader), library)
        } catch { throw error.below(pointer) }
    }

    private static func wish(_ reader: inout JSONObjectReader) throws(Problem) -> Wish {
        var wish = Wish()
        while let field = try reader.next() {
            switch field {
            case 0:
                let name = try reader.name(of: kinds)
                wish.kind = MachineConfiguration.Kind(rawValue: name)
                wish.isKindGiven = true
            case 1: wish.memory = try reader.memoryInMiB()
            case 2:
                let range = MachineConfiguration.cpuRange
                wish.cpus = Int(try reader.number(1...UInt64(range.upperBound)))
            case 3: wish.debug = try reader.boolean()
            case 4: wish.checksObjects = try reader.boolean()
            case 5:
                let names = MachineConfiguration.SlabAllocator.allCases.map(\.rawValue)
                wish.slab = .init(rawValue: try reader.name(of: names)) ?? .slub
            case 6: wish.keepsCachesApart = try reader.boolean()
            case 7: wish.tlb = try TLBShape(reader.value, at: reader.pointer)
            case 8: wish.recording = try reader.text("the name of a recording").quoted
            default: wish.dump = try UploadedDump(reader.value, at: reader.pointer)
            }
            if (1...7).contains(field) { wish.bootFields.append(fields.all[field]) }
        }
        return wish
    }

    private static let kinds = MachineConfiguration.Kind.allCases.map(\.rawValue) + [recorded]

    private static func start(
        _ wish: Wish, _ library: RecordingLibrary
    ) throws(Problem) -> SessionStart {
        let isRecorded = wish.recording != nil || wish.dump != nil
        guard isRecorded || wish.isKindGiven && wish.kind == nil else {
            return .configuration(try configuration(wish))
        }
        if let kind = wish.kind {
            throw Problem(
                "/machine", kind.rawValue, "\"recorded\" with a recording or a dump")
        }
        if let field = wish.bootFields.first {
            throw Problem("/\(field)", nil, "left out: the recording says it")
        }
        switch (wish.recording, wish.dump) {
        case (let name?, nil): return .shipped(try shipped(name, library))
        case (nil, let dump?): return start(dump, library)
        case (nil, nil):
            throw Problem(
                "/recording", nil, "there, or a dump: \(library.names.joined(separator: ", "))")
        case (_?, _?): throw Problem("/dump", nil, "left out when a recording is named")
        }
    }

    /// A machine that the service ships is shared by all who send it.
    private static func start(_ dump: UploadedDump, _ library: RecordingLibrary) -> SessionStart {
        library.recording(with: dump.dump.recording.digest).map { .shipped($0) } ?? .uploaded(dump)
    }

    private static func shipped(
        _ name: String, _ library: RecordingLibrary
    ) throws(Problem) -> ShippedRecording {
        if let recording = library.recording(named: name) { return recording }
        let suggestions = nearest(to: name, among: library.names)
        let wanted =
            library.names.isEmpty
            ? "left out: this server ships no recordings"
            : "one of \(library.names.joined(separator: ", "))"
        throw Problem(
            .invalidField, "There is no recording \(name)" + Problem.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [.init(place: .body("/recording"), value: name, detail: "must be \(wanted)")])
    }

    private static func configuration(_ wish: Wish) throws(Problem) -> MachineConfiguration {
        let kind = wish.kind ?? .i386
        do throws(MachineConfiguration.Failure) {
            return try MachineConfiguration(
                kind: kind, memoryInMiB: wish.memory, cpuCount: wish.cpus, debug: wish.debug,
                checksObjects: wish.checksObjects, slab: wish.slab,
                keepsCachesApart: wish.keepsCachesApart, tlb: wish.tlb)
        } catch { throw Problem(error, kind) }
    }
}

extension Problem {
    /// The refusal of a field that does not go with the others.
    fileprivate convenience init(_ pointer: String, _ value: String?, _ wanted: String) {
        self.init(
            .invalidField,
            "\(pointer.dropFirst()) must be \(wanted)" + (value.map { ", not \"\($0)\"." } ?? "."),
            faults: [.init(place: .body(pointer), value: value, detail: "must be \(wanted)")])
    }
}

extension TLBShape {
    private static let fields = FieldNames(["entries", "large_entries", "ways"])

    /// Reads a shape; what is left out is as usual. Whether it fits together is not looked at.
    fileprivate init(_ value: csj_value, at pointer: String) throws(Problem) {
        var reader = try JSONObjectReader(value, at: pointer, Self.fields)
        var shape = TLBShape.usual
        while let field = try reader.next() {
            switch field {
            case 0: shape.smallEntries = Int(try reader.number(1...UInt64(Self.entryLimit)))
            case 1: shape.largeEntries = Int(try reader.number(1...UInt64(Self.entryLimit)))
            default: shape.ways = Int(try reader.number(1...UInt64(Self.wayLimit)))
            }
        }
        self = shape
    }

    /// The field that does not fit to the others, and what it would have to be.
    fileprivate var fault: (field: String, value: Int, wanted: String) {
        let small = TLBShape(smallEntries: smallEntries, largeEntries: ways, ways: ways)
        let wanted = "\(ways) ways times a power of two, \(Self.entryLimit) at most"
        return small.isValid
            ? ("large_entries", largeEntries, wanted) : ("entries", smallEntries, wanted)
    }
}

extension JSONObjectReader {
    /// The current value as one of some names.
    fileprivate func name(of names: [String]) throws(Problem) -> String {
        let wanted = "one of \(names.joined(separator: ", "))"
        let text = try text(wanted).quoted
        guard names.contains(text) else {
            let suggestions = nearest(to: text, among: names)
            throw Problem(
                .invalidField,
                "There is no \(text)" + Problem.didYouMean(suggestions), suggestions: suggestions,
                faults: [
                    .init(place: .body(pointer), value: text, detail: "must be \(wanted)")
                ])
        }
        return text
    }

    /// The current value as a size of memory: a number of bytes, or a text such as `1GiB`.
    fileprivate func memoryInMiB() throws(Problem) -> Int {
        let bytes: UInt64?
        switch value.kind {
        case CSJ_UNSIGNED: bytes = value.whole
        case CSJ_STRING: bytes = sizeInBytes(value.bytes)
        default: bytes = nil
        }
        guard let bytes, bytes > 0, bytes % (1 << 20) == 0, bytes < 1 << 50 else {
            throw problem("a size in whole MiB, such as \"512MiB\", \"1GiB\" or 1073741824")
        }
        return Int(bytes >> 20)
    }
}

/// Reads `512MiB`, `1GiB`, `1G`, `4096K` or plain bytes; `nil` for anything else.
private func sizeInBytes(_ text: UnsafeRawBufferPointer) -> UInt64? {
    let end = text.firstIndex { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") } ?? text.count
    let number = wholeNumber(UnsafeRawBufferPointer(rebasing: text[..<end]))
    let unit = String(decoding: text[end...], as: UTF8.self)
    let shifts: [String: UInt64] = [
        "": 0, "K": 10, "KiB": 10, "M": 20, "MiB": 20, "G": 30, "GiB": 30,
    ]
    guard let number, number < 1 << 30 || unit.isEmpty, let shift = shifts[unit] else {
        return nil
    }
    return number << shift
}

extension Problem {
    fileprivate convenience init(
        _ failure: MachineConfiguration.Failure, _ kind: MachineConfiguration.Kind
    ) {
        switch failure {
        case .memory(let size, let allowed):
            let wanted =
                allowed.count == 1
                ? "\(allowed.lowerBound)MiB"
                : "\(allowed.lowerBound)MiB to \(allowed.upperBound)MiB"
            self.init(
                .invalidField, "memory of a machine \(kind.rawValue) must be \(wanted).",
                faults: [
                    .init(place: .body("/memory"), value: "\(size)MiB", detail: "must be \(wanted)")
                ])
        case .tlb(let shape):
            let fault = shape.fault
            self.init(
                .invalidField, "tlb.\(fault.field) must be \(fault.wanted), not \(fault.value).",
                faults: [
                    .init(
                        place: .body("/tlb/\(fault.field)"), value: "\(fault.value)",
                        detail: "must be \(fault.wanted)")
                ])
        case .cpus(let count, let allowed):
            let wanted = "\(allowed.lowerBound) to \(allowed.upperBound)"
            self.init(
                .invalidField, "cpus must be \(wanted), not \(count).",
                faults: [
                    .init(place: .body("/cpus"), value: "\(count)", detail: "must be \(wanted)")
                ])
        }
    }
}
