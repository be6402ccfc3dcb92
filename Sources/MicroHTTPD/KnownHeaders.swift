import CMicroHTTPD

/// The header fields that nearly every request is asked for, found in one pass over its headers.
///
/// Looking each of them up by itself would compare every name with every header.
struct KnownHeaders {
    /// Places of the fields in ``values``.
    private enum Slot {
        static let accept = 0
        static let authorization = 1
        static let contentLength = 2
        static let contentType = 3
        static let cookie = 4
        static let ifNoneMatch = 5
    }

    private var values = InlineArray<6, UnsafeRawBufferPointer?>(repeating: nil)
    private(set) var isCollected = false

    /// Forgets the request's fields.
    @inline(__always)
    mutating func reset() { isCollected = false }

    /// Goes through a connection's header fields; of several with one name the first counts.
    ///
    /// The corresponding libmicrohttpd function is `MHD_get_connection_values_n`.
    mutating func collect(_ connection: OpaquePointer) {
        values = InlineArray(repeating: nil)
        isCollected = true
        withUnsafeMutablePointer(to: &self) { fields in
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, headerFound, fields)
        }
    }

    /// Keeps one field if it is one of the known ones.
    mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if let slot = Self.slot(name), values[slot] == nil { values[slot] = value }
    }

    /// The value in a place that ``slot(_:)`` gave.
    @inline(__always)
    func value(_ slot: Int) -> UnsafeRawBufferPointer? { values[slot] }

    /// The place of a field's name, in letters of either case; `nil` if it is no known one.
    ///
    /// Names are compared by their first and last eight (or four) bytes, which overlap.
    @inline(__always)
    static func slot(_ name: UnsafeRawBufferPointer) -> Int? {
        switch name.count {
        case 6:
            switch (quarter(name, 0), quarter(name, 2)) {
            case (0x6563_6361, 0x7470_6563): Slot.accept
            case (0x6b6f_6f63, 0x6569_6b6f): Slot.cookie
            default: nil
            }
        case 12:
            half(name, 0) == 0x2d74_6e65_746e_6f63 && half(name, 4) == 0x6570_7974_2d74_6e65
                ? Slot.contentType : nil
        case 13:
            switch (half(name, 0), half(name, 5)) {
            case (0x7a69_726f_6874_7561, 0x6e6f_6974_617a_6972): Slot.authorization
            case (0x2d65_6e6f_6e2d_6669, 0x6863_7461_6d2d_656e): Slot.ifNoneMatch
            default: nil
            }
        case 14:
            half(name, 0) == 0x2d74_6e65_746e_6f63 && half(name, 6) == 0x6874_676e_656c_2d74
                ? Slot.contentLength : nil
        default: nil
        }
    }

    /// Eight bytes of a name in lower case, the first in the lowest place.
    @inline(__always)
    private static func half(_ name: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            | 0x2020_2020_2020_2020
    }

    /// Four bytes, likewise.
    @inline(__always)
    private static func quarter(_ name: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: name.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            | 0x2020_2020
    }
}
