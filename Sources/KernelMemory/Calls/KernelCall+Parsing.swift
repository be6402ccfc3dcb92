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
    /// No such flag of a cache, and the names that come nearest to it.
    case cacheFlag(String, suggestions: [String])
}

/// A call as it was read, and the cache that it names instead of pointing to it.
public struct ParsedCall: Sendable {
    /// The function that is called.
    public let function: KernelFunction
    /// What it is called with, one for each parameter.
    public let arguments: [KernelFunction.Argument]
    /// The call; its cache is NULL where it was named.
    public let call: KernelCall
    /// The name; `nil` if there is no cache in the call, or if it is an address.
    public let cacheName: String?

    /// A function with its arguments, one for each parameter and in range for its kind.
    public init(_ function: KernelFunction, _ arguments: [KernelFunction.Argument]) {
        self.function = function
        self.arguments = arguments
        call = function.call(arguments)
        let index = function.parameters.firstIndex { $0.kind == .cache }
        if let index, case .text(let name) = arguments[index] {
            cacheName = name
        } else {
            cacheName = nil
        }
    }
}

extension KernelCall {
    /// Reads a call as C source would write it: `__get_free_pages(GFP_KERNEL, 2)`, with or
    /// without a semicolon and an assignment in front.
    ///
    /// - Throws: ``CallSyntaxError`` for the first thing that is wrong; a cache has to be an
    ///   address here, see ``ParsedCall``.
    public init(parsing text: some StringProtocol) throws(CallSyntaxError) {
        let parsed = try ParsedCall(parsing: text)
        if let name = parsed.cacheName {
            throw .argument(
                function: "this call", parameter: "cache", value: name, wanted: "an address")
        }
        self = parsed.call
    }
}

extension ParsedCall {
    /// Reads a call in which a cache may be named: `kmem_cache_alloc(dentry, GFP_KERNEL)`.
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
        let words = inner.trimmed.isEmpty ? [] : Self.words(inner)
        guard function.argumentCounts.contains(words.count) else {
            throw .argumentCount(
                function: name, expected: function.parameters.map(\.name), given: words.count)
        }
        var arguments: [KernelFunction.Argument] = []
        for (word, parameter) in zip(words, function.parameters) {
            arguments.append(try parameter.argument(word.trimmed, of: name))
        }
        arguments += function.parameters[words.count...].compactMap(\.usual)
        self.init(function, arguments)
    }

    /// Cuts at commas, but for those between quotation marks or square brackets.
    private static func words(_ text: Substring) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        var isListed = false
        return text.split(omittingEmptySubsequences: false) { character in
            defer { isEscaped = character == "\\" && isQuoted && !isEscaped }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            if character == "[" || character == "]", !isQuoted { isListed = character == "[" }
            return character == "," && !isQuoted && !isListed
        }
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
        switch kind {
        case .gfp:
            do throws(GFPSyntaxError) {
                return .gfp(try GFPFlags(parsing: text))
            } catch { throw .gfp(error) }
        case .cacheFlags: return .number(UInt64(try CacheFlags(parsing: text).rawValue))
        case .name, .cache, .constructor:
            if let argument = special(text) { return argument }
        case .pages:
            if let pages = Self.pages(text) { return .pages(pages) }
        case .kmapType, .lock:
            if takesName(text) { return .text(text) }
            throw .argument(function: function, parameter: name, value: text, wanted: wanted)
        default: break
        }
        let number = text == "NULL" ? 0 : UInt64(cLiteral: text)
        guard let number, kind != .name, kind != .pages, isValid(number) else {
            throw .argument(function: function, parameter: name, value: text, wanted: wanted)
        }
        return .number(number)
    }

    /// Whether a text is the name of a type of mapping, or a lock's, as the parameter wants it.
    public func takesName(_ text: String) -> Bool {
        kind == .lock ? SpinLock.isName(text) : KmapType(name: text) != nil
    }

    /// Whether a number may be an argument.
    public func isValid(_ number: UInt64) -> Bool {
        kind.range.contains(number) && (kind != .alignment || number & (number &- 1) == 0)
    }

    /// Pointers between square brackets, with blanks or commas between them; `nil` for anything else,
    /// and for too many.
    private static func pages(_ text: String) -> [PagePointer]? {
        guard text.count >= 2, text.first == "[", text.last == "]" else { return nil }
        let words = text.dropFirst().dropLast().split { $0 == "," || $0.isWhitespace }
        guard words.count <= KernelFunction.mappedPageLimit else { return nil }
        let pages = words.compactMap { word in
            (word == "NULL" ? 0 : UInt64(cLiteral: word)).map { PagePointer($0) }
        }
        return pages.count == words.count ? pages : nil
    }

    /// A name, or a constructor; `nil` if it is neither.
    private func special(_ text: String) -> KernelFunction.Argument? {
        if kind == .constructor {
            if text == "NULL" { return .text(text) }
            let byte = text.hasPrefix("ctor=") ? String(text.dropFirst(5)) : text
            return UInt64(cLiteral: byte).flatMap { isValid($0) ? .number($0) : nil }
        }
        if let name = text.unquoted { return CacheRequest.isName(name) ? .text(name) : nil }
        if kind == .name || text == "NULL" || UInt64(cLiteral: text) != nil { return nil }
        return CacheRequest.isName(text) ? .text(text) : nil
    }

    /// What the parameter takes, in words.
    public var wanted: String {
        switch kind {
        case .gfp: "gfp flags such as GFP_KERNEL|__GFP_ZERO"
        case .page: "the address of a struct page, as alloc_pages returned it"
        case .pages:
            "at most \(KernelFunction.mappedPageLimit) addresses of a struct page, such as "
                + "[0xf6bf7000 0xf6bf7020]"
        case .address: "an address such as 0xc1000000"
        case .cache: "the name of a cache such as dentry, or its address"
        case .name:
            "a name of 1 to \(CacheRequest.longestName) printable ASCII characters without blanks, "
                + "in quotation marks"
        case .alignment: "0 or a power of two up to 4096"
        case .cacheFlags: "flags such as SLAB_HWCACHE_ALIGN|SLAB_POISON, or 0"
        case .kmapType: "one of \(KmapType.names.joined(separator: ", "))"
        case .lock:
            "a lock's name such as my_lock or &dev->lock, \(SpinLock.longestName) characters at most"
        case .constructor: "NULL, or the byte that new objects are filled with, as in ctor=0x5a"
        case .order, .byte, .length, .cpu, .size, .count, .areaSize, .width, .flags:
            "a number of \(kind.range.lowerBound) to \(kind.range.upperBound)"
        }
    }
}

extension String {
    /// What stands between quotation marks, with the escapes of C for quotation mark and backslash;
    /// `nil` if the text is not in quotation marks.
    fileprivate var unquoted: String? {
        guard count >= 2, first == "\"", last == "\"" else { return nil }
        var result = ""
        var isEscaped = false
        for character in dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            if character == "\"", !isEscaped { return nil }
            result.append(character)
            isEscaped = false
        }
        return isEscaped ? nil : result
    }
}
