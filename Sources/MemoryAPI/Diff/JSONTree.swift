import Glibc
import MicroHTTPD

/// A document that ``JSONWriter`` wrote, and where its values are in the text.
///
/// The writer puts no white space between values, writes members in one order and each value in one
/// form: values with equal texts are equal, and those of one kind with other texts differ.
struct JSONTree: ~Copyable {
    /// A value. Those within it follow it, each with all that it holds.
    struct Node {
        /// Its first byte.
        var start: UInt32
        /// One past its last byte.
        var end: UInt32 = 0
        /// The node behind all that it holds.
        var next: UInt32 = 0
        /// Where its name begins, without the quote; equal to `nameEnd` outside of objects.
        var nameStart: UInt32 = 0
        /// One past the last byte of its name.
        var nameEnd: UInt32 = 0
    }

    /// The document.
    let text: OutputBuffer
    /// All values, the outermost first.
    let nodes: [Node]

    /// What a closure writes, read again.
    ///
    /// - Parameter size: about how many bytes it will be.
    /// - Complexity: O(bytes).
    init(expecting size: Int, _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(OutputBuffer(), expecting: size)
        write(&writer)
        text = writer.finish()
        var scanner = JSONScanner(text.bytes)
        scanner.scanValue()
        nodes = scanner.nodes
    }
}

extension JSONTree {
    /// The first byte of a value, which tells its kind.
    func kind(_ index: Int) -> UInt8 { text.bytes[Int(nodes[index].start)] }

    /// The text of a value.
    func text(of index: Int) -> UnsafeRawBufferPointer {
        let node = nodes[index]
        return UnsafeRawBufferPointer(rebasing: text.bytes[Int(node.start)..<Int(node.end)])
    }

    /// The name of a member as it is written, escapes included.
    func name(of index: Int) -> UnsafeRawBufferPointer {
        let node = nodes[index]
        return UnsafeRawBufferPointer(rebasing: text.bytes[Int(node.nameStart)..<Int(node.nameEnd)])
    }

    /// The values that an object or array holds.
    func children(of index: Int) -> [Int] {
        var children: [Int] = []
        let end = Int(nodes[index].next)
        var child = index + 1
        while child < end {
            children.append(child)
            child = Int(nodes[child].next)
        }
        return children
    }

    /// The member of a name among some; `nil` if there is none.
    ///
    /// - Parameter guess: where it probably is in the list.
    func member(_ name: UnsafeRawBufferPointer, among members: [Int], guess: Int) -> Int? {
        if guess < members.count, self.name(of: members[guess]).equals(name) {
            return members[guess]
        }
        return members.first { self.name(of: $0).equals(name) }
    }
}

/// Finds the values of a text that ``JSONWriter`` wrote.
private struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private var cursor = 0
    private(set) var nodes: [JSONTree.Node] = []

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        nodes.reserveCapacity(bytes.count / 12)
    }

    /// Reads the value at the cursor with all that it holds.
    ///
    /// - Parameter name: where its name is.
    mutating func scanValue(name: Range<Int> = 0..<0) {
        let index = nodes.count
        nodes.append(
            JSONTree.Node(
                start: UInt32(cursor), nameStart: UInt32(name.lowerBound),
                nameEnd: UInt32(name.upperBound)))
        switch bytes[cursor] {
        case UInt8(ascii: "{"): scanParts(areNamed: true)
        case UInt8(ascii: "["): scanParts(areNamed: false)
        case UInt8(ascii: "\""): skipString()
        default: skipWord()
        }
        nodes[index].end = UInt32(cursor)
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func scanParts(areNamed: Bool) {
        cursor += 1
        while bytes[cursor] != UInt8(ascii: "}"), bytes[cursor] != UInt8(ascii: "]") {
            if bytes[cursor] == UInt8(ascii: ",") { cursor += 1 }
            if areNamed {
                let start = cursor + 1
                skipString()
                let end = cursor - 1
                cursor += 1
                scanValue(name: start..<end)
            } else {
                scanValue()
            }
        }
        cursor += 1
    }

    private mutating func skipString() {
        cursor += 1
        while bytes[cursor] != UInt8(ascii: "\"") {
            cursor += bytes[cursor] == UInt8(ascii: "\\") ? 2 : 1
        }
        cursor += 1
    }

    /// Skips a number, `true`, `false` or `null`.
    private mutating func skipWord() {
        while cursor < bytes.count, !endsWord(bytes[cursor]) { cursor += 1 }
    }

    private func endsWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }
}
