import KernelMemory

/// A kernel function as a JSON object names it: `call` and one member for each parameter.
final class CallSignature: Sendable {
    let function: KernelFunction
    /// `call`, the parameters, the interface's own names for them, and what every call may have.
    let fields: FieldNames
    /// What each field gives.
    let roles: [Role]
    /// What each parameter takes.
    let kinds: [KernelFunction.ParameterKind]
    /// What each parameter is if it is left out; where it must be given, any value.
    let blanks: [KernelFunction.Argument]
    /// For each parameter that must be given a bit.
    let neededParameters: UInt32
    /// Where a cache is among the parameters; `nil` if none is.
    let cacheIndex: Int?

    /// What a member of the object says.
    enum Role: Equatable, Sendable {
        /// The function.
        case call
        /// An argument, by its parameter's place.
        case argument(Int)
        /// The CPU to run on.
        case cpu
        /// What the batch calls the result.
        case resultName
    }

    /// All functions.
    static let all = KernelFunction.all.map { CallSignature($0) }

    private init(_ function: KernelFunction) {
        self.function = function
        let parameters = function.parameters
        let names = parameters.map(\.name)
        var pairs: [(name: String, role: Role)] = [("call", .call)]
        pairs += names.enumerated().map { ($0.element, .argument($0.offset)) }
        pairs += parameters.enumerated().map { (Self.alias($0.element), .argument($0.offset)) }
            .filter { !names.contains($0.0) }
        if !names.contains("cpu") { pairs.append(("cpu", .cpu)) }
        pairs.append(("as", .resultName))
        fields = FieldNames(pairs.map(\.name))
        roles = pairs.map(\.role)
        kinds = parameters.map(\.kind)
        blanks = parameters.map { $0.usual ?? .number(0) }
        neededParameters = parameters.enumerated().reduce(0) {
            $0 | ($1.element.usual == nil ? 1 << UInt32($1.offset) : 0)
        }
        cacheIndex = kinds.firstIndex { $0 == .cache }
    }

    /// The name that the rest of the interface uses for a parameter.
    private static func alias(_ parameter: KernelFunction.Parameter) -> String {
        switch parameter.kind {
        case .gfp: "gfp"
        case .address where parameter.name == "addr": "address"
        default: parameter.name
        }
    }

    /// The function with its parameters: `free_pages(addr, order)`.
    var wholeCall: String {
        "\(function.name)(\(function.parameters.map(\.name).joined(separator: ", ")))"
    }
}

// MARK: - By name

extension CallSignature {
    /// The signature of a function's name; `nil` if there is none.
    @inline(__always)
    static func named(_ name: UnsafeRawBufferPointer) -> CallSignature? {
        table.signature(name)
    }

    private static let table = Table()

    /// All signatures by hashes of their names, with open addressing.
    private struct Table: @unchecked Sendable {
        private struct Place {
            let name: UnsafeRawBufferPointer
            let signature: CallSignature
        }

        private let places: UnsafeMutableBufferPointer<Place?>

        init() {
            places = .allocate(capacity: 512)
            places.initialize(repeating: nil)
            precondition(all.count < places.count / 2, "the table has room")
            for signature in all {
                let name = lastingBytes(signature.function.name)
                var index = Self.hash(name) & (places.count - 1)
                while places[index] != nil { index = (index + 1) & (places.count - 1) }
                places[index] = Place(name: name, signature: signature)
            }
        }

        func signature(_ name: UnsafeRawBufferPointer) -> CallSignature? {
            var index = Self.hash(name) & (places.count - 1)
            while let place = places[index] {
                if place.name.equals(name) { return place.signature }
                index = (index + 1) & (places.count - 1)
            }
            return nil
        }

        /// A hash of the first and the last eight bytes and the length.
        private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
            var ends: (UInt64, UInt64) = (0, 0)
            withUnsafeMutableBytes(of: &ends) { ends in
                ends.copyMemory(from: UnsafeRawBufferPointer(rebasing: name.prefix(8)))
                UnsafeMutableRawBufferPointer(rebasing: ends[8...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: name.suffix(8)))
            }
            let mixed =
                (ends.0 ^ ends.1 &* 0xc2b2_ae3d_27d4_eb4f ^ UInt64(name.count))
                &* 0x9e37_79b9_7f4a_7c15
            return Int(truncatingIfNeeded: mixed >> 40)
        }
    }
}
