import MicroHTTPD

/// Writes JSON straight into the block of bytes that becomes a response's body.
///
///     response.json { json in
///         json.object { json in
///             json.member("step", 2)
///             json.array("pfns") { json in json.number(8000) }
///         }
///     }
///
/// Commas are put where they belong. Nothing checks that keys and values alternate.
struct JSONWriter: ~Copyable {
    private var output: OutputBuffer
    /// The first byte that `output` does not count yet.
    private var start: UnsafeMutablePointer<UInt8>
    private var cursor: UnsafeMutablePointer<UInt8>
    private var end: UnsafeMutablePointer<UInt8>
    private var needsComma = false

    /// Room to begin with: most answers fit.
    static let usualSize = 1_024

    /// Continues behind what a buffer holds.
    ///
    /// - Parameter size: how many bytes to make room for at once.
    init(_ output: consuming OutputBuffer, expecting size: Int = JSONWriter.usualSize) {
        self.output = output
        start = self.output.reserve(size)
        cursor = start
        end = start + size
    }

    /// The buffer with all that was written.
    consuming func finish() -> OutputBuffer {
        output.advance(by: cursor - start)
        return output
    }

    /// Room for some bytes behind the cursor, which stays where it is.
    @inline(__always)
    private mutating func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        if _slowPath(end - cursor < count) { grow(count) }
        return cursor
    }

    @inline(never)
    private mutating func grow(_ count: Int) {
        output.advance(by: cursor - start)
        let size = max(count, output.count, Self.usualSize)
        start = output.reserve(size)
        cursor = start
        end = start + size
    }
}

// MARK: - Bytes

extension JSONWriter {
    /// Writes one byte as it is.
    @inline(__always)
    mutating func raw(_ byte: UInt8) {
        room(1).pointee = byte
        cursor += 1
    }

    /// Writes a literal as it is.
    @inline(__always)
    mutating func raw(_ text: StaticString) {
        raw(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes bytes as they are.
    @inline(__always)
    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(room(bytes.count)).copyMemory(
            from: source, byteCount: bytes.count)
        cursor += bytes.count
    }

    /// Writes a number's decimal digits as they are.
    @inline(__always)
    mutating func rawDecimal(_ value: UInt64) {
        cursor += writeDecimal(value, to: room(20))
    }

    /// Writes `0x` and a number's hexadecimal digits as they are.
    mutating func rawHexadecimal(_ value: UInt64) {
        cursor += writeHexadecimal(value, to: room(24))
    }
}

// MARK: - Structure

extension JSONWriter {
    /// Begins a value: writes the comma that separates it from the one before.
    @inline(__always)
    private mutating func beginValue() {
        if needsComma { raw(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes a member's name.
    @inline(__always)
    mutating func key(_ name: StaticString) {
        let count = name.utf8CodeUnitCount
        var place = room(count + 4)
        if needsComma {
            place.pointee = UInt8(ascii: ",")
            place += 1
        }
        place.pointee = UInt8(ascii: "\"")
        UnsafeMutableRawPointer(place + 1).copyMemory(from: name.utf8Start, byteCount: count)
        place[count + 1] = UInt8(ascii: "\"")
        place[count + 2] = UInt8(ascii: ":")
        cursor = place + count + 3
        needsComma = false
    }

    /// Writes a member's name that is no literal.
    mutating func key(named name: String) {
        text(name)
        raw(":")
        needsComma = false
    }

    /// Writes an object.
    @inline(__always)
    mutating func object<Failure>(
        _ members: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        open(UInt8(ascii: "{"))
        try members(&self)
        close(UInt8(ascii: "}"))
    }

    /// Writes an array.
    @inline(__always)
    mutating func array<Failure>(
        _ elements: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        open(UInt8(ascii: "["))
        try elements(&self)
        close(UInt8(ascii: "]"))
    }

    /// Bytes written, those of the buffer that it began with included.
    var count: Int { output.count + (cursor - start) }

    /// Opens an array whose elements others will write; it is closed with a bracket.
    mutating func openList() {
        raw(UInt8(ascii: "["))
        needsComma = false
    }

    /// Goes on as if a value stood before, or none.
    mutating func startOver(behindValue: Bool = false) { needsComma = behindValue }

    /// Ends a line; what follows is a document of its own.
    mutating func endLine() {
        raw(UInt8(ascii: "\n"))
        needsComma = false
    }

    @inline(__always)
    private mutating func open(_ bracket: UInt8) {
        beginValue()
        raw(bracket)
        needsComma = false
    }

    @inline(__always)
    private mutating func close(_ bracket: UInt8) {
        raw(bracket)
        needsComma = true
    }

    /// Writes a string whose contents `body` writes raw: no quotes, backslashes or control
    /// characters.
    @inline(__always)
    mutating func string(_ body: (inout JSONWriter) -> Void) {
        beginValue()
        raw(UInt8(ascii: "\""))
        body(&self)
        raw(UInt8(ascii: "\""))
    }
}

// MARK: - Values

extension JSONWriter {
    /// Writes a literal that needs no escapes as a string.
    @inline(__always)
    mutating func literal(_ text: StaticString) {
        string { json in json.raw(text) }
    }

    /// Writes UTF-8 as a string, escaped where JSON wants it.
    mutating func text(_ bytes: UnsafeRawBufferPointer) {
        string { json in json.rawEscaped(bytes) }
    }

    /// Writes a string, escaped where JSON wants it.
    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { self.text(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a whole number.
    @inline(__always)
    mutating func number(_ value: some FixedWidthInteger) {
        beginValue()
        if value < 0 { raw(UInt8(ascii: "-")) }
        rawDecimal(UInt64(value.magnitude))
    }

    /// Writes a number with a fraction or an exponent, in the fewest digits that are this number.
    mutating func real(_ value: Double) {
        beginValue()
        rawText("\(value)")
    }

    /// Writes an address: a string of `0x` and digits.
    mutating func address(_ value: UInt64) {
        string { json in json.rawHexadecimal(value) }
    }

    /// Writes `true` or `false`.
    mutating func boolean(_ value: Bool) {
        beginValue()
        raw(value ? "true" : "false")
    }

    /// Writes `null`.
    @inline(__always)
    mutating func null() {
        beginValue()
        raw("null")
    }

    /// Writes thousandths as they are, as a number with three decimals: `0.125`, `-1.000`.
    @inline(__always)
    mutating func rawThousandths(_ value: Int) {
        cursor += writeThousandths(value, to: room(8))
    }

    /// Writes a number of thousandths with three decimals: `18.250`.
    mutating func thousandths(_ value: UInt64) {
        beginValue()
        rawDecimal(value / 1000)
        raw(".")
        for divisor: UInt64 in [100, 10, 1] { rawDecimal(value / divisor % 10) }
    }

    /// Writes a text within a string, escaped.
    mutating func rawText(_ text: String) {
        var text = text
        text.withUTF8 { rawEscaped(UnsafeRawBufferPointer($0)) }
    }

    fileprivate mutating func rawEscaped(_ bytes: UnsafeRawBufferPointer) {
        var clean = 0
        for index in 0..<bytes.count where needsEscape(bytes[index]) {
            raw(UnsafeRawBufferPointer(rebasing: bytes[clean..<index]))
            rawEscape(bytes[index])
            clean = index + 1
        }
        raw(UnsafeRawBufferPointer(rebasing: bytes[clean...]))
    }

    private mutating func rawEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case UInt8(ascii: "\n"): raw("\\n")
        case UInt8(ascii: "\t"): raw("\\t")
        default:
            raw("\\u00")
            raw(hexadecimalDigit(byte >> 4))
            raw(hexadecimalDigit(byte & 15))
        }
    }
}

@inline(__always)
private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}
