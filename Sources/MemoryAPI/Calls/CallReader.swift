import CSimdJSON
import KernelMemory

/// Reads calls from JSON objects, one after the other, and knows what they call their results.
///
///     {"call": "free_pages", "address": "0xc1f40000", "order": 3}
///     {"call": "alloc_pages(GFP_KERNEL, 2)", "as": "p1"}
///     {"call": "__free_pages", "page": "$p1", "order": 2}
struct CallReader {
    var names: ResultNames
    /// The arguments of the call that is being read, in an array that is kept.
    var arguments: [KernelFunction.Argument] = []

    private static let envelope = FieldNames(["call", "cpu", "as"])

    init(_ architecture: Architecture) { names = ResultNames(architecture) }

    /// Reads one call.
    mutating func read(
        _ object: csj_value, in place: JSONPlace
    ) throws(Problem) -> RequestedCall {
        guard object.kind == CSJ_OBJECT else {
            throw object.problem(
                at: place.pointer, wanted: "a JSON object with the member call")
        }
        let name = try Self.name(object, in: place)
        if let signature = CallSignature.named(name) {
            return try read(signature, object, in: place)
        }
        if name.contains(UInt8(ascii: "(")) { return try read(text: name, object, in: place) }
        throw Problem(
            unknownFunction: name.quoted,
            suggestions: nearest(to: name.quoted, among: KernelFunction.all.map(\.name)),
            at: .body(place.pointer + "/call"))
    }

    private static func name(
        _ object: csj_value, in place: JSONPlace
    ) throws(Problem) -> UnsafeRawBufferPointer {
        var object = object
        var cursor = csj_members(&object)
        var key = csj_text()
        var value = csj_value()
        while csj_next_member(&cursor, &key, &value) {
            guard UnsafeRawBufferPointer(start: key.start, count: key.count).equals("call") else {
                continue
            }
            guard value.kind == CSJ_STRING else {
                throw value.problem(
                    at: place.pointer + "/call", wanted: "a kernel function or a call")
            }
            return value.bytes
        }
        throw Problem(
            .invalidCall, "The member call is missing: the name of a kernel function.",
            faults: [.init(place: .body(place.pointer + "/call"), detail: "is missing")])
    }

    /// The current value as a new name for what a function returns.
    private mutating func resultName(
        _ reader: borrowing JSONObjectReader, _ function: KernelFunction?
    ) throws(Problem) -> ResultNames.Slot {
        guard reader.value.kind == CSJ_STRING, let name = ResultName(reader.value.bytes) else {
            throw reader.problem(ResultName.wanted)
        }
        if let function { try Self.checkResult(of: function, at: reader.pointer) }
        guard let slot = names.slot(name) else {
            throw Problem(
                .invalidField, "A batch may name \(ResultNames.limit) results at most.",
                faults: [
                    .init(
                        place: .body(reader.pointer), value: name.text, detail: "is one too many")
                ])
        }
        return slot
    }

    /// Refuses to name what a function returns that returns nothing.
    static func checkResult(
        of function: KernelFunction, at pointer: String
    ) throws(Problem) {
        guard function.isVoid else { return }
        throw Problem(
            .invalidField, "\(function.name) returns nothing that could be named.",
            faults: [
                .init(place: .body(pointer), detail: "\(function.name) is a void function")
            ])
    }
}

// MARK: - Arguments as members

extension CallReader {
    private mutating func read(
        _ signature: CallSignature, _ object: csj_value, in place: JSONPlace
    ) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(object, in: place, signature.fields)
        arguments.removeAll(keepingCapacity: true)
        arguments.append(contentsOf: signature.blanks)
        var given: UInt32 = 0
        var cpu: UInt32?
        var result: ResultNames.Slot?
        while let field = try reader.next() {
            switch signature.roles[field] {
            case .call: break
            case .argument(let index):
                guard given & 1 << UInt32(index) == 0 else { throw reader.repetition }
                given |= 1 << UInt32(index)
                arguments[index] = try argument(reader, signature, index)
            case .cpu: cpu = try reader.cpu()
            case .resultName: result = try resultName(reader, signature.function)
            }
        }
        guard signature.neededParameters & ~given == 0 else {
            throw Self.missing(signature, signature.neededParameters & ~given, in: place)
        }
        return call(signature, cpu: cpu, cachePlace: "/cache", result)
    }

    /// The call with the arguments that were read.
    func call(
        _ signature: CallSignature, cpu: UInt32?, cachePlace: StaticString,
        _ result: ResultNames.Slot?
    ) -> RequestedCall {
        var requested = RequestedCall(call: signature.function.call(arguments), cpu: cpu)
        requested.result = result
        if let index = signature.cacheIndex, case .text(let name) = arguments[index] {
            requested.cacheName = name
            requested.cachePlace = cachePlace
        }
        return requested
    }

    private static func missing(
        _ signature: CallSignature, _ missing: UInt32, in place: JSONPlace
    ) -> Problem {
        let function = signature.function
        let parameter = function.parameters[missing.trailingZeroBitCount]
        return Problem(
            .invalidCall,
            "\(function.name) needs \(parameter.name): \(parameter.wanted). The whole call as text is "
                + "\(signature.wholeCall).",
            faults: [
                .init(
                    place: .body("\(place.pointer)/\(parameter.name)"), detail: "is missing")
            ])
    }
}

// MARK: - The whole call as text

extension CallReader {
    private mutating func read(
        text: UnsafeRawBufferPointer, _ object: csj_value, in place: JSONPlace
    ) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(object, in: place, Self.envelope)
        var cpu: UInt32?
        var result: ResultNames.Slot?
        var resultPlace: String?
        while let field = try reader.next() {
            if field == 1 { cpu = try reader.cpu() }
            if field == 2 {
                result = try resultName(reader, nil)
                resultPlace = reader.pointer
            }
        }
        if let signature = try plainCall(text, in: place) {
            if let resultPlace { try Self.checkResult(of: signature.function, at: resultPlace) }
            var requested = call(signature, cpu: cpu, cachePlace: "/call", result)
            requested.argumentPlace = "/call"
            return requested
        }
        let parsed = try anyCall(text, in: place)
        if let resultPlace { try Self.checkResult(of: parsed.function, at: resultPlace) }
        var requested = RequestedCall(parsed, cpu: cpu, cachePlace: "/call")
        requested.argumentPlace = "/call"
        requested.result = result
        return requested
    }
}
