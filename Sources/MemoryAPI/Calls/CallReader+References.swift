import CSimdJSON
import KernelMemory

/// Arguments that earlier calls returned.
extension CallReader {
    /// The current value as an argument of a kernel function.
    @inline(__always)
    mutating func argument(
        _ reader: borrowing JSONObjectReader, _ signature: CallSignature, _ index: Int
    ) throws(Problem) -> KernelFunction.Argument {
        let kind = signature.kinds[index]
        if reader.value.kind == CSJ_STRING, ResultReference.begins(reader.value.bytes),
            kind.takesReference
        {
            return .number(
                try value(of: reader.value.bytes, signature, index, at: reader.pointer))
        }
        switch kind {
        case .gfp: return .gfp(try GFPFlags(reader.value, at: reader.pointer))
        case .page, .address: return .number(try reader.address())
        case .order, .byte, .length, .cpu, .size, .count, .areaSize, .width, .flags:
            return .number(try reader.number(kind.range))
        case .pages: return .pages(try pages(reader, signature.function.parameters[index]))
        case .cache, .name, .alignment, .cacheFlags, .constructor, .kmapType, .lock:
            return try reader.argument(signature.function.parameters[index])
        }
    }

    /// The value that a reference stands for, as an argument.
    ///
    /// - Throws: a problem for what is no reference, for an unknown name, and for a value that the
    ///   parameter does not take.
    mutating func value(
        of reference: UnsafeRawBufferPointer, _ signature: CallSignature, _ index: Int,
        at pointer: @autoclosure () -> String
    ) throws(Problem) -> UInt64 {
        let value = try value(of: reference, at: pointer())
        let kind = signature.kinds[index]
        if names.isChecking { return kind.range.lowerBound }
        guard kind.range.contains(value), kind != .alignment || value & (value &- 1) == 0 else {
            let parameter = signature.function.parameters[index]
            let pointer = pointer()
            throw Problem(
                .invalidField,
                "\(pointer.dropFirst()) must be \(parameter.wanted); \(reference.quoted) is \(value).",
                faults: [
                    .init(
                        place: .body(pointer), value: reference.quoted,
                        detail: "must be \(parameter.wanted)")
                ])
        }
        return value
    }

    /// The value that a reference stands for.
    @inline(__always)
    func value(
        of reference: UnsafeRawBufferPointer, at pointer: @autoclosure () -> String
    ) throws(Problem) -> UInt64 {
        guard let parsed = ResultReference(reference) else {
            throw Self.problem(reference, pointer())
        }
        guard let value = names.value(parsed) else {
            throw Problem(unknownResult: parsed, names, at: .body(pointer()))
        }
        return value
    }

    private static func problem(
        _ reference: UnsafeRawBufferPointer, _ pointer: String
    ) -> Problem {
        Problem(
            .invalidField,
            "\(pointer.dropFirst()) must be \(ResultReference.wanted), not \(reference.quoted).",
            faults: [
                .init(
                    place: .body(pointer), value: reference.quoted,
                    detail: "must be \(ResultReference.wanted)")
            ])
    }

    /// The current value as an array of addresses of a `struct page`.
    private mutating func pages(
        _ reader: borrowing JSONObjectReader, _ parameter: KernelFunction.Parameter
    ) throws(Problem) -> [PagePointer] {
        guard reader.value.kind == CSJ_ARRAY else { throw reader.problem(parameter.wanted) }
        var cursor = withUnsafePointer(to: reader.value) { csj_elements($0) }
        var element = csj_value()
        var pages: [PagePointer] = []
        while csj_next_element(&cursor, &element) {
            guard pages.count < KernelFunction.mappedPageLimit else {
                throw reader.problem(parameter.wanted)
            }
            let place = pages.count
            if element.kind == CSJ_STRING, ResultReference.begins(element.bytes) {
                let page = try value(of: element.bytes, at: "\(reader.pointer)/\(place)")
                pages.append(PagePointer(page))
            } else {
                pages.append(
                    PagePointer(try element.address(at: "\(reader.pointer)/\(place)")))
            }
        }
        return pages
    }
}

extension KernelFunction.ParameterKind {
    /// Whether an argument may be what an earlier call returned.
    var takesReference: Bool {
        switch self {
        case .order, .page, .address, .byte, .length, .cpu, .size, .areaSize, .width, .count,
            .cache, .alignment, .constructor, .flags:
            true
        case .gfp, .pages, .name, .cacheFlags, .kmapType, .lock: false
        }
    }
}
