import CSimdJSON
import KernelMemory

/// A kernel function as a JSON object names it: `call` and one member for each parameter.
struct CallSignature: Sendable {
    private let function: KernelFunction
    private let name: FieldNames
    /// `call`, the parameters, the interface's own names for them, and `cpu` if it is not one.
    private let fields: FieldNames
    /// For each field the parameter that it gives; `nil` for `call` and the CPU to run on.
    private let parameterIndices: [Int?]

    /// All functions.
    static let all = KernelFunction.all.map { CallSignature($0) }

    private init(_ function: KernelFunction) {
        self.function = function
        name = FieldNames([function.name])
        let names = function.parameters.map(\.name)
        var pairs: [(name: String, index: Int?)] = [("call", nil)]
        pairs += names.enumerated().map { ($0.element, $0.offset) }
        pairs += function.parameters.enumerated().map { (Self.alias($0.element), $0.offset) }
            .filter { !names.contains($0.0) }
        if !names.contains("cpu") { pairs.append(("cpu", nil)) }
        fields = FieldNames(pairs.map(\.name))
        parameterIndices = pairs.map(\.index)
    }

    /// The name that the rest of the interface uses for a parameter.
    private static func alias(_ parameter: KernelFunction.Parameter) -> String {
        switch parameter.kind {
        case .gfp: "gfp"
        case .address where parameter.name == "addr": "address"
        default: parameter.name
        }
    }

    /// The signature of a function's name; `nil` if there is none.
    static func named(_ name: UnsafeRawBufferPointer) -> CallSignature? {
        all.first { $0.name.index(of: name) != nil }
    }

    /// Reads the arguments of a call from the object that names it.
    ///
    /// - Returns: the call, and the CPU to run it on if the object has one.
    func read(_ object: csj_value, at place: String) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(object, at: place, fields)
        var arguments = [KernelFunction.Argument?](
            repeating: nil, count: function.parameters.count)
        var cpu: UInt32?
        while let field = try reader.next() {
            if let index = parameterIndices[field] {
                guard arguments[index] == nil else { throw reader.repetition }
                arguments[index] = try reader.argument(function.parameters[index])
            } else if field > 0 {
                cpu = try reader.cpu()
            }
        }
        let parsed = ParsedCall(function, try complete(arguments, at: place))
        return RequestedCall(parsed, cpu: cpu, cachePlace: "/cache")
    }

    /// The function with its parameters: `free_pages(addr, order)`.
    private var wholeCall: String {
        "\(function.name)(\(function.parameters.map(\.name).joined(separator: ", ")))"
    }

    private func complete(
        _ arguments: [KernelFunction.Argument?], at place: String
    ) throws(Problem) -> [KernelFunction.Argument] {
        var complete: [KernelFunction.Argument] = []
        for (argument, parameter) in zip(arguments, function.parameters) {
            guard let argument = argument ?? parameter.usual else {
                throw Problem(
                    .invalidCall,
                    "\(function.name) needs \(parameter.name): \(parameter.wanted). The whole call "
                        + "as text is \(wholeCall).",
                    faults: [
                        .init(place: .body("\(place)/\(parameter.name)"), detail: "is missing")
                    ])
            }
            complete.append(argument)
        }
        return complete
    }
}
