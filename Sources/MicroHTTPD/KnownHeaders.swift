import CMicroHTTPD

/// The header fields that nearly every request is asked for, found in one pass over its headers.
///
/// Looking each of them up by itself would compare every name with every header.
struct KnownHeaders: ~Copyable {
    /// Places of the fields in ``values``.
    private enum Slot {
        static let accept = 0
        static let authorization = 1
        static let contentLength = 2
        static let contentType = 3
        static let cookie = 4
        static let ifNoneMatch = 5
        static let host = 6
        static let transferEncoding = 7
        static let ifMatch = 8
        static let idempotencyKey = 9
        static let origin = 10
        static let requestID = 11
        static let traceParent = 12
        static let acceptEncoding = 13
        static let count = 14
    }

    /// Outside of this value, since an inline array would be copied for each look at it.
    private let values: UnsafeMutablePointer<UnsafeRawBufferPointer?>
    /// One bit for each place whose field came more than once.
    private var repeated = 0

    init() {
        values = .allocate(capacity: Slot.count)
        values.initialize(repeating: nil, count: Slot.count)
    }

    deinit {
        values.deallocate()
    }

    /// Why the fields leave open where the request goes or where it ends; `nil` if they do not.
    ///
    /// Whoever stands between the client and this server may read such a request otherwise than it
    /// (RFC 9112, 3.2, 6.1 and 6.3).
    var ambiguity: RouterProblem.BadRequestReason? {
        let hasTwoLengths =
            repeated & 1 << Slot.contentLength != 0
            || (values[Slot.transferEncoding] != nil && values[Slot.contentLength] != nil)
        if hasTwoLengths { return .ambiguousLength }
        return repeated & 1 << Slot.host != 0 ? .repeatedHost : nil
    }

    /// Goes through a connection's header fields; of several with one name the first counts.
    ///
    /// The corresponding libmicrohttpd function is `MHD_get_connection_values_n`.
    mutating func collect(_ connection: OpaquePointer) {
        values.update(repeating: nil, count: Slot.count)
        repeated = 0
        withUnsafeMutablePointer(to: &self) { fields in
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, headerFound, fields)
        }
    }

    /// Keeps one field if it is one of the known ones.
    mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard let slot = Self.slot(name) else { return }
        if values[slot] == nil { values[slot] = value } else { repeated |= 1 << slot }
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
        case 4: quarter(name, 0) == 0x7473_6f68 ? Slot.host : nil
        case 6:
            switch (quarter(name, 0), quarter(name, 2)) {
            case (0x6563_6361, 0x7470_6563): Slot.accept
            case (0x6b6f_6f63, 0x6569_6b6f): Slot.cookie
            case (0x6769_726f, 0x6e69_6769): Slot.origin
            default: nil
            }
        case 8: half(name, 0) == 0x6863_7461_6d2d_6669 ? Slot.ifMatch : nil
        case 11:
            half(name, 0) == 0x7261_7065_6361_7274 && half(name, 3) == 0x746e_6572_6170_6563
                ? Slot.traceParent : nil
        case 12:
            switch (half(name, 0), half(name, 4)) {
            case (0x2d74_6e65_746e_6f63, 0x6570_7974_2d74_6e65): Slot.contentType
            case (0x7365_7571_6572_2d78, 0x6469_2d74_7365_7571): Slot.requestID
            default: nil
            }
        case 13:
            switch (half(name, 0), half(name, 5)) {
            case (0x7a69_726f_6874_7561, 0x6e6f_6974_617a_6972): Slot.authorization
            case (0x2d65_6e6f_6e2d_6669, 0x6863_7461_6d2d_656e): Slot.ifNoneMatch
            default: nil
            }
        case 14:
            half(name, 0) == 0x2d74_6e65_746e_6f63 && half(name, 6) == 0x6874_676e_656c_2d74
                ? Slot.contentLength : nil
        case 15:
            switch (half(name, 0), half(name, 7)) {
            case (0x6574_6f70_6d65_6469, 0x7965_6b2d_7963_6e65): Slot.idempotencyKey
            case (0x652d_7470_6563_6361, 0x676e_6964_6f63_6e65): Slot.acceptEncoding
            default: nil
            }
        case 17:
            half(name, 0) == 0x7265_6673_6e61_7274 && half(name, 8) == 0x6e69_646f_636e_652d
                && name[16] | 0x20 == UInt8(ascii: "g") ? Slot.transferEncoding : nil
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
