import Glibc

/// Header fields as C strings, made once; whoever sends one keeps this object.
final class PersistentHeaders: @unchecked Sendable {
    private let fields: UnsafeMutableBufferPointer<HeaderField>

    /// Copies names and values.
    init(_ texts: [(name: StaticString, value: String)]) {
        fields = .allocate(capacity: texts.count)
        for (index, text) in texts.enumerated() {
            fields.initializeElement(
                at: index,
                to: HeaderField(name: cString(text.name), value: PersistentHeaders.copy(text.value))
            )
        }
    }

    deinit {
        for field in fields { free(UnsafeMutablePointer(mutating: field.value)) }
        fields.deallocate()
    }

    var count: Int { fields.count }

    subscript(index: Int) -> HeaderField { fields[index] }

    private static func copy(_ text: String) -> UnsafePointer<CChar> {
        guard let copy = strdup(text) else { fatalError("out of memory") }
        return UnsafePointer(copy)
    }
}
