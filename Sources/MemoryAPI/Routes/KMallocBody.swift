import KernelMemory
import MicroHTTPD

/// The body of `POST /kmalloc`.
enum KMallocBody {
    private static let fields = FieldNames(["size", "gfp", "call", "cpu"])
    private static let functions = FieldNames(["kmalloc", "kzalloc"])

    /// Reads the body; the size must be there.
    static func read(_ request: borrowing Request) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(request, fields)
        var size: UInt64?
        var gfp = GFPFlags.kernel
        var clears = false
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: size = try reader.number(KernelFunction.ParameterKind.size.range)
            case 1: gfp = try GFPFlags(reader.value, at: reader.pointer)
            case 2: clears = try reader.function(functions) == 1
            default: cpu = try reader.cpu()
            }
        }
        guard let size else { throw .missing("size", "the number of bytes") }
        let call = clears ? KernelCall.kzalloc(size: size, gfp) : .kmalloc(size: size, gfp)
        return RequestedCall(call: call, cpu: cpu)
    }
}

/// The body of `POST /kmalloc/{ref}/krealloc`.
struct KReallocBody {
    let size: UInt32
    let gfp: GFPFlags
    let cpu: UInt32?

    private static let fields = FieldNames(["size", "gfp", "cpu"])

    /// Reads the body; the size must be there.
    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        var size: UInt64?
        var gfp = GFPFlags.kernel
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: size = try reader.number(KernelFunction.ParameterKind.size.range)
            case 1: gfp = try GFPFlags(reader.value, at: reader.pointer)
            default: cpu = try reader.cpu()
            }
        }
        guard let size else { throw .missing("size", "the number of bytes from now on") }
        self.size = UInt32(size)
        self.gfp = gfp
        self.cpu = cpu
    }
}

extension JSONObjectReader {
    /// The current value as one of some functions.
    func function(_ names: FieldNames) throws(Problem) -> Int {
        let text = try text("one of \(names.all.joined(separator: ", "))")
        guard let index = names.index(of: text) else {
            let name = String(text.quoted.prefix { $0 != "(" })
            throw Problem(
                unknownFunction: text.quoted, suggestions: nearest(to: name, among: names.all),
                at: .body(pointer))
        }
        return index
    }
}

extension Problem {
    /// A member that has to be there.
    static func missing(_ name: String, _ what: String) -> Problem {
        Problem(
            .invalidField, "\(name) is missing: \(what).",
            faults: [.init(place: .body("/\(name)"), detail: "is missing")])
    }
}
