/// Why a text is no kernel call.
public enum CallSyntaxError: Error, Equatable, Sendable {
    /// Not of the form `name(argument, ...)`.
    case malformed
    /// No such function, and the names that come nearest to it.
    case unknownFunction(String, suggestions: [String])
    /// The function takes another number of arguments.
    case argumentCount(function: String, expected: [String], given: Int)
    /// An argument is not what its parameter wants.
    case argument(function: String, parameter: String, value: String, wanted: String)
    /// A gfp mask is wrong.
    case gfp(GFPSyntaxError)
}

extension KernelCall {
    /// Reads a call as C source would write it: `__get_free_pages(GFP_KERNEL, 2)`, with or
    /// without a semicolon and an assignment in front.
    ///
    /// - Throws: ``CallSyntaxError`` for the first thing that is wrong.
    public init(parsing text: some StringProtocol) throws(CallSyntaxError) {
        let statement = Self.withoutAssignment(text.trimmed)
        guard let open = statement.firstIndex(of: "("), statement.last == ")" else {
            throw .malformed
        }
        let name = statement[..<open].trimmed
        guard let function = KernelFunction.named(name) else {
            let names = KernelFunction.all.map(\.name)
            throw .unknownFunction(name, suggestions: nearest(to: name, among: names))
        }
        let inner = statement[statement.index(after: open)...].dropLast()
        let words =
            inner.trimmed.isEmpty
            ? [] : inner.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count == function.parameters.count else {
            throw .argumentCount(
                function: name, expected: function.parameters.map(\.name), given: words.count)
        }
        var arguments: [KernelFunction.Argument] = []
        for (word, parameter) in zip(words, function.parameters) {
            arguments.append(try parameter.argument(word.trimmed, of: name))
        }
        self = function.call(arguments)
    }

    private static func withoutAssignment(_ text: String) -> String {
        var rest = text[...]
        while rest.last == ";" { rest = rest.dropLast().trimmed[...] }
        if let equals = rest.firstIndex(of: "="), let open = rest.firstIndex(of: "("),
            equals < open
        {
            rest = rest[rest.index(after: equals)...]
        }
        return rest.trimmed
    }
}

extension KernelFunction.Parameter {
    /// Reads one argument.
    ///
    /// - Throws: ``CallSyntaxError`` that names the parameter and what it wants.
    public func argument(
        _ text: String, of function: String
    ) throws(CallSyntaxError) -> KernelFunction.Argument {
        if kind == .gfp {
            do throws(GFPSyntaxError) {
                return .gfp(try GFPFlags(parsing: text))
            } catch { throw .gfp(error) }
        }
        let number = text == "NULL" ? 0 : UInt64(cLiteral: text)
        guard let number, kind.range.contains(number) else {
            throw .argument(function: function, parameter: name, value: text, wanted: wanted)
        }
        return .number(number)
    }

    /// What the parameter takes, in words.
    public var wanted: String {
        switch kind {
        case .gfp: "gfp flags such as GFP_KERNEL|__GFP_ZERO"
        case .page: "the address of a struct page, as alloc_pages returned it"
        case .address: "an address such as 0xc1000000"
        case .order, .byte, .length, .cpu:
            "a number of \(kind.range.lowerBound) to \(kind.range.upperBound)"
        }
    }
}
