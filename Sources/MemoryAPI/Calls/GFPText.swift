import CSimdJSON
import KernelMemory

/// GFP masks between bytes and bits, without strings on the way that is nearly always taken.
struct GFPText: @unchecked Sendable {
    private struct Entry {
        let name: UnsafeRawBufferPointer
        let flags: UInt32
    }

    private let entries: UnsafeBufferPointer<Entry>
    /// The mask of nearly every call, looked for first.
    private let usual: Entry
    /// How many of the entries are printed; those come first.
    private let printedCount: Int

    /// The one table.
    static let table = GFPText()

    private init() {
        let entries = GFPFlags.allNames.map {
            Entry(name: lastingBytes($0.name), flags: $0.flags.rawValue)
        }
        let copy = UnsafeMutableBufferPointer<Entry>.allocate(capacity: entries.count)
        _ = copy.initialize(from: entries)
        self.entries = UnsafeBufferPointer(copy)
        printedCount = GFPFlags.printedNames.count
        usual = Entry(name: lastingBytes("GFP_KERNEL"), flags: GFPFlags.kernel.rawValue)
    }

    /// Writes a mask as the kernel prints it; see `GFPFlags.description`.
    @inline(__always)
    func write(_ flags: GFPFlags, to json: inout JSONWriter) {
        if _fastPath(flags.rawValue == usual.flags) { return json.raw(usual.name) }
        var left = flags.rawValue
        var isFirst = true
        for index in 0..<printedCount where left & entries[index].flags == entries[index].flags {
            if left == 0 { break }
            if !isFirst { json.raw(UInt8(ascii: "|")) }
            json.raw(entries[index].name)
            left &= ~entries[index].flags
            isFirst = false
        }
        if left != 0 {
            if !isFirst { json.raw(UInt8(ascii: "|")) }
            json.rawHexadecimal(UInt64(left))
        } else if isFirst {
            json.raw("none")
        }
    }

    /// Reads names joined by bars.
    ///
    /// - Returns: `nil` for anything but plain names, which ``GFPFlags`` then reads or explains.
    @inline(__always)
    func flags(_ text: UnsafeRawBufferPointer) -> GFPFlags? {
        if _fastPath(text.equals(usual.name)) { return GFPFlags(rawValue: usual.flags) }
        var bits: UInt32 = 0
        var start = 0
        while true {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "|") { end += 1 }
            let name = UnsafeRawBufferPointer(rebasing: text[start..<end])
            guard let entry = entries.first(where: { name.equals($0.name) }) else { return nil }
            bits |= entry.flags
            if end == text.count { return GFPFlags(rawValue: bits) }
            start = end + 1
        }
    }
}

extension GFPFlags {
    /// Reads a JSON value: a text of names, an array of names, or a number.
    @inline(__always)
    init(_ value: csj_value, at pointer: @autoclosure () -> String) throws(Problem) {
        if value.kind == CSJ_STRING, let flags = GFPText.table.flags(value.bytes) {
            self = flags
        } else {
            self = try GFPFlags(explaining: value, at: pointer())
        }
    }

    @inline(never)
    private init(explaining value: csj_value, at pointer: String) throws(Problem) {
        switch value.kind {
        case CSJ_STRING: self = try Self.parse(value.bytes, pointer)
        case CSJ_UNSIGNED where value.whole <= 0xff_ffff:
            self.init(rawValue: UInt32(value.whole))
        case CSJ_ARRAY:
            self = try value.union(at: pointer, wanted: "the name of a gfp flag", Self.parse)
        default:
            throw value.problem(
                at: pointer,
                wanted: "gfp flags: a text such as \"GFP_KERNEL|__GFP_ZERO\", an array of names, "
                    + "or a mask of 0 to 16777215")
        }
    }

    private static func parse(
        _ text: UnsafeRawBufferPointer, _ pointer: String
    ) throws(Problem) -> GFPFlags {
        do throws(GFPSyntaxError) {
            return try GFPFlags(parsing: String(decoding: text, as: UTF8.self))
        } catch { throw Problem(error, at: .body(pointer)) }
    }
}
