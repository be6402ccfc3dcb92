/// A part of the program that takes any bytes, and what must be true whatever they are.
struct FuzzTarget: Sendable {
    /// The name of the target and of its corpus.
    let name: String
    /// Takes the bytes.
    ///
    /// - Throws: a ``FuzzFinding`` if something was not true.
    let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    /// All targets.
    static let all = [
        json, lines, imports, gfp, router, requests, recording, trace, journal, scenario, kernel,
    ]
}

/// Something that bytes have made untrue.
struct FuzzFinding: Error, CustomStringConvertible {
    let description: String
}

/// Refuses what is not true.
///
/// - Throws: a finding that says so.
func demand(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    guard condition else { throw FuzzFinding(description: text()) }
}

/// Bytes from which choices are made; zeroes behind their end.
struct ByteSource {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }

    /// The next byte.
    mutating func byte() -> UInt8 {
        guard let byte = rest.first else { return 0 }
        drop(1)
        return byte
    }

    /// The next two bytes as a number.
    mutating func short() -> Int { Int(byte()) << 8 | Int(byte()) }

    /// The next four bytes as a number.
    mutating func word() -> UInt32 { UInt32(short()) << 16 | UInt32(short()) }

    /// One of some things.
    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[Int(byte()) % elements.count]
    }

    /// Passes over some bytes.
    mutating func drop(_ count: Int) {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
}
