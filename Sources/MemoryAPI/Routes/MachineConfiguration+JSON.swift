import CSimdJSON
import KernelMemory
import MicroHTTPD

extension MachineConfiguration {
    private static let fields = FieldNames(["machine", "memory", "cpus", "debug", "slab"])

    /// Reads what `POST /sessions` asks for; an empty body is the default machine.
    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        var kind = Kind.i386
        var memory: Int?
        var cpus = 1
        var debug = false
        var slab = SlabAllocator.slub
        while let field = try reader.next() {
            switch field {
            case 0: kind = try reader.name(of: Kind.self)
            case 1: memory = try reader.memoryInMiB()
            case 2: cpus = Int(try reader.number(1...UInt64(Self.cpuRange.upperBound)))
            case 3: debug = try reader.boolean()
            default: slab = try reader.name(of: SlabAllocator.self)
            }
        }
        do throws(Failure) {
            try self.init(
                kind: kind, memoryInMiB: memory, cpuCount: cpus, debug: debug, slab: slab)
        } catch { throw Problem(error, kind) }
    }
}

extension JSONObjectReader {
    /// The current value as one of an enumeration's names.
    fileprivate func name<Names: RawRepresentable<String> & CaseIterable>(
        of type: Names.Type
    ) throws(Problem) -> Names {
        let names = type.allCases.map(\.rawValue)
        let wanted = "one of \(names.joined(separator: ", "))"
        let text = try text(wanted).quoted
        guard let value = Names(rawValue: text) else {
            let suggestions = nearest(to: text, among: names)
            throw Problem(
                .invalidField,
                "There is no \(text)" + Problem.didYouMean(suggestions), suggestions: suggestions,
                faults: [
                    .init(place: .body(pointer), value: text, detail: "must be \(wanted)")
                ])
        }
        return value
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
