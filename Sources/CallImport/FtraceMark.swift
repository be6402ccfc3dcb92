/// A mark that this server's own traces have for a call that no event tells: `kmemlab: vmalloc(8192) {`.
struct FtraceMark {
    private let text: UnsafeRawBufferPointer

    /// - Returns: `nil` if the line is none.
    init?(_ line: FtraceLine) {
        let fields = line.fields.trimmed
        guard line.event.equals("tracing_mark_write"), fields.starts(with: "kmemlab: ") else {
            return nil
        }
        text = UnsafeRawBufferPointer(rebasing: fields[9...]).trimmed
    }

    /// Whether it is the end of what a call did.
    var ends: Bool { text.equals("}") }

    /// Whether what the call did follows.
    var begins: Bool { text.last == UInt8(ascii: "{") }

    /// Whether it can be called again.
    var isCall: Bool { text.first != UInt8(ascii: "#") }

    /// The call as C source would write it.
    var call: String {
        let end = begins ? text.count - 1 : text.count
        let bytes = UnsafeRawBufferPointer(rebasing: text[..<end]).trimmed
        return String(
            decoding: bytes.lazy.map { (0x20...0x7e).contains($0) ? $0 : 0x3f }, as: UTF8.self)
    }
}
