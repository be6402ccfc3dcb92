/// The header fields of a synthetic request, in memory that stays where it is.
final class SyntheticHeaders {
    private struct Field {
        var name: UnsafeMutableRawBufferPointer
        var value: UnsafeMutableRawBufferPointer
    }

    private let fields: [Field]

    init(_ texts: [(name: String, value: String)]) {
        fields = texts.map {
            Field(name: SyntheticHeaders.copy($0.name), value: SyntheticHeaders.copy($0.value))
        }
    }

    deinit {
        for field in fields {
            field.name.deallocate()
            field.value.deallocate()
        }
    }

    func value(_ name: StaticString) -> UnsafeRawBufferPointer? {
        let field = fields.first {
            isEqualIgnoringCase(UnsafeRawBufferPointer($0.name), rawBytes(name))
        }
        return field.map { UnsafeRawBufferPointer($0.value) }
    }

    private static func copy(_ text: String) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        return copy
    }
}
