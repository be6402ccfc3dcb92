import Glibc

/// The names that an object's members, or a query's items, may have.
///
/// Made once for each route and kept as long as the program runs; finding a name compares bytes.
struct FieldNames: @unchecked Sendable {
    private let names: UnsafeBufferPointer<UnsafeRawBufferPointer>

    /// Keeps at most 32 names.
    init(_ names: [String]) {
        precondition(names.count <= 32, "a field set has 32 bits")
        let copy = UnsafeMutableBufferPointer<UnsafeRawBufferPointer>.allocate(
            capacity: names.count)
        for (index, name) in names.enumerated() {
            copy.initializeElement(at: index, to: lastingBytes(name))
        }
        self.names = UnsafeBufferPointer(copy)
    }

    /// The name's place in the list; `nil` if it is not in it.
    @inline(__always)
    func index(of name: UnsafeRawBufferPointer) -> Int? {
        for index in names.indices where name.equals(names[index]) { return index }
        return nil
    }

    /// All names, for messages and for the test of the API description.
    var all: [String] { names.map { String(decoding: $0, as: UTF8.self) } }
}

/// A copy of a string's bytes that is never freed; for tables that are made once.
func lastingBytes(_ text: String) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    copy.copyBytes(from: text.utf8)
    return UnsafeRawBufferPointer(copy)
}

extension UnsafeRawBufferPointer {
    /// Whether these are a literal's bytes.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        equals(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Whether these are the same bytes.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let left = baseAddress, let right = other.baseAddress else {
            return count == other.count
        }
        return memcmp(left, right, count) == 0
    }

    /// The bytes as a string for a message: repaired where they are no UTF-8, cut where they are
    /// long.
    var quoted: String {
        let text = String(decoding: prefix(120), as: UTF8.self)
        return count > 120 ? text + "..." : text
    }
}
