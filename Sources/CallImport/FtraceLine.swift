/// An event of ftrace: its name, and what follows it.
///
///     cat-1234    [001] d..1.  5678.901234: kmalloc: call_site=... ptr=... bytes_req=512 ...
struct FtraceLine {
    /// The event's name.
    let event: UnsafeRawBufferPointer
    /// What follows it.
    let fields: UnsafeRawBufferPointer
    /// What stands before it: the task, the CPU, the time.
    private let place: UnsafeRawBufferPointer

    /// - Returns: `nil` if the line has no event: neither one at its beginning nor behind a time.
    init?(_ line: UnsafeRawBufferPointer) {
        var start = 0
        while start < line.count, line[start].isBlank { start += 1 }
        while start < line.count {
            var end = start
            while end < line.count, isNameByte(line[end]) { end += 1 }
            if end > start, end < line.count, line[end] == UInt8(ascii: ":"),
                !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[start]),
                end + 1 == line.count || line[end + 1].isBlank
            {
                place = UnsafeRawBufferPointer(rebasing: line[..<start])
                event = UnsafeRawBufferPointer(rebasing: line[start..<end])
                fields = UnsafeRawBufferPointer(rebasing: line[(end + 1)...])
                return
            }
            guard let next = Self.behindColon(line, start) else { return nil }
            start = next
        }
        return nil
    }

    /// The task that the event is of, such as `cat-1234`; empty if the line does not say.
    var task: UnsafeRawBufferPointer {
        let end = place.firstIndex(of: UInt8(ascii: "[")) ?? 0
        return UnsafeRawBufferPointer(rebasing: place[..<end]).trimmed
    }

    /// The seconds of its time; `nil` if the line does not say.
    var seconds: UInt64? {
        guard let point = place.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let start = place[..<point].lastIndex { $0.isBlank }.map { $0 + 1 } ?? 0
        return UnsafeRawBufferPointer(rebasing: place[start..<point]).decimal
    }

    /// The place behind the next colon and blank.
    private static func behindColon(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var index = start
        while index + 1 < line.count {
            if line[index] == UInt8(ascii: ":"), line[index + 1].isBlank { return index + 2 }
            index += 1
        }
        return nil
    }

    /// The value of a field; `nil` if the event has none of that name.
    func field(_ name: StaticString) -> UnsafeRawBufferPointer? {
        let length = name.utf8CodeUnitCount
        var words = Words(fields)
        while let word = words.next() {
            if word.count > length, word[length] == UInt8(ascii: "="), word.starts(with: name) {
                return UnsafeRawBufferPointer(rebasing: word[(length + 1)...])
            }
        }
        return nil
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
        true
    default: false
    }
}
