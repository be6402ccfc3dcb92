import KernelMemory

/// Calls written as C source would have them.
extension CallReader {
    /// Reads a call of nothing but a function's name, numbers, gfp flags, caches' names and
    /// references: nearly every call, without a string on the way. The arguments lie in `arguments`.
    ///
    /// - Returns: `nil` for anything else, which ``anyCall(_:in:)`` then reads or explains.
    mutating func plainCall(
        _ text: UnsafeRawBufferPointer, in place: JSONPlace
    ) throws(Problem) -> CallSignature? {
        guard let open = text.firstIndex(of: UInt8(ascii: "(")) else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: text[..<open]).trimmed
        guard text.last == UInt8(ascii: ")"), let signature = CallSignature.named(name) else {
            return nil
        }
        arguments.removeAll(keepingCapacity: true)
        var rest = UnsafeRawBufferPointer(rebasing: text[(open + 1)..<(text.count - 1)])
        let count = signature.kinds.count
        if count == 0 { return rest.trimmed.isEmpty ? signature : nil }
        for index in 0..<count {
            let comma = rest.firstIndex(of: UInt8(ascii: ","))
            guard (comma == nil) == (index == count - 1) else { return nil }
            let word = UnsafeRawBufferPointer(rebasing: rest[..<(comma ?? rest.count)]).trimmed
            guard let argument = try plainArgument(word, signature, index, in: place) else {
                return nil
            }
            arguments.append(argument)
            if let comma { rest = UnsafeRawBufferPointer(rebasing: rest[(comma + 1)...]) }
        }
        return signature
    }

    private mutating func plainArgument(
        _ word: UnsafeRawBufferPointer, _ signature: CallSignature, _ index: Int,
        in place: JSONPlace
    ) throws(Problem) -> KernelFunction.Argument? {
        let kind = signature.kinds[index]
        switch kind {
        case .gfp: return Self.plainFlags(word).map { .gfp($0) }
        case .pages, .name, .cacheFlags, .constructor, .kmapType, .lock: return nil
        default: break
        }
        if ResultReference.begins(word) {
            return .number(
                try value(of: word, signature, index, at: place.pointer + "/call"))
        }
        if word.equals("NULL") { return .number(0) }
        if let number = wholeNumber(word) {
            guard kind.range.contains(number), kind != .alignment else { return nil }
            return .number(number)
        }
        guard kind == .cache, word.first.map(isLetter) == true else { return nil }
        let name = String(decoding: word, as: UTF8.self)
        return CacheRequest.isName(name) ? .text(name) : nil
    }

    /// A mask as names or as a number.
    private static func plainFlags(_ word: UnsafeRawBufferPointer) -> GFPFlags? {
        if let flags = GFPText.table.flags(word) { return flags }
        guard let number = wholeNumber(word), number <= 0xff_ffff else { return nil }
        return GFPFlags(rawValue: UInt32(number))
    }

    /// Reads any call. References are first replaced by what they stand for.
    mutating func anyCall(
        _ text: UnsafeRawBufferPointer, in place: JSONPlace
    ) throws(Problem) -> ParsedCall {
        let text = try replacingReferences(text, in: place)
        do throws(CallSyntaxError) {
            return try ParsedCall(parsing: text)
        } catch { throw Problem(error, at: .body(place.pointer + "/call")) }
    }

    /// The text with numbers for references, but for those between quotation marks.
    private mutating func replacingReferences(
        _ text: UnsafeRawBufferPointer, in place: JSONPlace
    ) throws(Problem) -> String {
        guard text.contains(UInt8(ascii: "$")) else { return String(decoding: text, as: UTF8.self) }
        var result: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard text[index] == UInt8(ascii: "$"), !isQuoted else {
                result.append(text[index])
                index += 1
                continue
            }
            let rest = UnsafeRawBufferPointer(rebasing: text[index...])
            let word = UnsafeRawBufferPointer(rebasing: rest.prefix { !isDelimiter($0) })
            let number = try value(of: word, at: place.pointer + "/call")
            result += "0x\(String(number, radix: 16))".utf8
            index += word.count
        }
        return String(decoding: result, as: UTF8.self)
    }
}

private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
}

/// Whether a byte ends an argument.
private func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: " "),
        UInt8(ascii: "\t"), UInt8(ascii: ";"):
        true
    default: false
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes without blanks and tabs at their ends.
    var trimmed: UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, isBlank(self[start]) { start += 1 }
        while end > start, isBlank(self[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }
}
