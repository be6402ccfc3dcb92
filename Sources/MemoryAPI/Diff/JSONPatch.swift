import Glibc
import MicroHTTPD

/// Writes the JSON Patch (RFC 6902) that turns one document into another.
///
/// Values with equal texts are left alone. Objects are patched by member, arrays by element: those that
/// are in both lists in the same order stay, wherever they stand. An array whose patch would be longer
/// than itself is replaced.
struct JSONPatch: ~Copyable {
    private let old: JSONTree
    private let new: JSONTree
    /// The patch, without its closing bracket.
    private var output = OutputBuffer()
    /// The JSON Pointer (RFC 6901) to the value that is compared, as it is within a string.
    private var path: [UInt8] = []

    /// Compares two documents.
    ///
    /// - Complexity: O(n log n) for n values of both.
    init(from old: consuming JSONTree, to new: consuming JSONTree) {
        self.old = old
        self.new = new
        output.append("[")
        compare(0, 0)
    }

    /// The patch as a document.
    consuming func finish() -> OutputBuffer {
        output.append("]")
        return output
    }

    private mutating func compare(_ old: Int, _ new: Int) {
        if self.old.text(of: old).equals(self.new.text(of: new)) { return }
        switch (self.old.kind(old), self.new.kind(new)) {
        case (UInt8(ascii: "{"), UInt8(ascii: "{")): compareMembers(old, new)
        case (UInt8(ascii: "["), UInt8(ascii: "[")): compareArrays(old, new)
        default: write("replace", value: new)
        }
    }

    private mutating func compareMembers(_ old: Int, _ new: Int) {
        let (before, after) = (self.old.children(of: old), self.new.children(of: new))
        for (place, member) in before.enumerated() {
            let name = self.old.name(of: member)
            guard self.new.member(name, among: after, guess: place) == nil else { continue }
            within(name) { $0.write("remove") }
        }
        for (place, member) in after.enumerated() {
            let name = self.new.name(of: member)
            let same = self.old.member(name, among: before, guess: place)
            within(name) { patch in
                if let same {
                    patch.compare(same, member)
                } else {
                    patch.write("add", value: member)
                }
            }
        }
    }

    private mutating func compareArrays(_ old: Int, _ new: Int) {
        let start = output.count
        compareElements(self.old.children(of: old), self.new.children(of: new))
        let whole = path.count + self.new.text(of: new).count + Self.replaceSize
        if output.count - start <= whole { return }
        output.truncate(to: start)
        write("replace", value: new)
    }

    /// Bytes of an operation without its path and value, with the comma before it.
    private static let replaceSize = #",{"op":"replace","path":"","value":}"#.utf8.count

    private mutating func compareElements(_ before: [Int], _ after: [Int]) {
        let match = ElementMatch(
            before.map { old.identity(of: $0) }, after.map { new.identity(of: $0) })
        if before.count == after.count, differsLess(before, after, than: match.changeCount) {
            for place in before.indices {
                within(place) { $0.compare(before[place], after[place]) }
            }
            return
        }
        for place in match.removed { within(place) { $0.write("remove") } }
        // From the front: whatever stands before a place is by then what it is to be.
        for (place, origin) in match.places.enumerated() where origin == nil {
            within(place) { $0.write("add", value: after[place]) }
        }
        for (place, origin) in match.places.enumerated() {
            if let origin { within(place) { $0.compare(before[origin], after[place]) } }
        }
    }

    /// Whether lists of plain values differ in fewer places than a number.
    private func differsLess(_ before: [Int], _ after: [Int], than count: Int) -> Bool {
        guard let first = before.first, old.kind(first) != UInt8(ascii: "{") else { return false }
        return before.indices.count {
            !old.text(of: before[$0]).equals(new.text(of: after[$0]))
        } < count
    }
}

// MARK: - Writing

extension JSONPatch {
    /// Writes an operation on the value that the path names.
    ///
    /// - Parameter value: a value of the new document.
    private mutating func write(_ operation: StaticString, value: Int? = nil) {
        output.append(output.count > 1 ? ",{\"op\":\"" : "{\"op\":\"")
        output.append(operation)
        output.append("\",\"path\":\"")
        path.withUnsafeBytes { output.append($0) }
        output.append("\"")
        if let value {
            output.append(",\"value\":")
            output.append(new.text(of: value))
        }
        output.append("}")
    }

    private mutating func within(
        _ name: UnsafeRawBufferPointer, _ body: (inout JSONPatch) -> Void
    ) {
        let count = path.count
        path.append(UInt8(ascii: "/"))
        for byte in name {
            switch byte {
            case UInt8(ascii: "~"): path += "~0".utf8
            case UInt8(ascii: "/"): path += "~1".utf8
            default: path.append(byte)
            }
        }
        body(&self)
        path.removeSubrange(count...)
    }

    private mutating func within(_ place: Int, _ body: (inout JSONPatch) -> Void) {
        let count = path.count
        path.append(UInt8(ascii: "/"))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            let start = digits.baseAddress.unsafelyUnwrapped
            path += digits[..<writeDecimal(UInt64(place), to: start)]
        }
        body(&self)
        path.removeSubrange(count...)
    }
}
