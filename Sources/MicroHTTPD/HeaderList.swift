import Glibc

/// A response header field. The name is a C string that outlives the response.
struct HeaderField {
    var name: UnsafePointer<CChar>
    /// A C string that outlives the response; `nil` when the value was copied.
    var value: UnsafePointer<CChar>?
    /// Where a copied value starts in the list's storage.
    var offset: Int

    init(name: UnsafePointer<CChar>, value: UnsafePointer<CChar>) {
        self.name = name
        self.value = value
        offset = 0
    }

    init(name: UnsafePointer<CChar>, offset: Int) {
        self.name = name
        value = nil
        self.offset = offset
    }
}

/// The header fields of one response. Every connection keeps one, so that a response allocates
/// nothing for them.
struct HeaderList: ~Copyable {
    /// More fields than a handler should set; one more is a bug of the application.
    static let capacity = 24

    private let fields: UnsafeMutablePointer<HeaderField>
    private(set) var count = 0
    /// Copied values, each ended by a NUL.
    private var storage = OutputBuffer()

    init() {
        fields = .allocate(capacity: HeaderList.capacity)
    }

    deinit {
        fields.deallocate()
    }

    /// Puts a field in place of one with the same name, or at the end.
    mutating func set(_ field: HeaderField) {
        for index in 0..<count where isSameName(fields[index].name, field.name) {
            fields[index] = field
            return
        }
        add(field)
    }

    /// Puts a field at the end.
    mutating func add(_ field: HeaderField) {
        precondition(count < HeaderList.capacity, "more than 24 header fields")
        fields[count] = field
        count += 1
    }

    /// Copies a value and sets it; `false` when it holds a control character.
    mutating func set(copying bytes: UnsafeRawBufferPointer, name: UnsafePointer<CChar>) -> Bool {
        guard isHeaderValue(bytes) else { return false }
        set(HeaderField(name: name, offset: store(bytes)))
        return true
    }

    /// Copies a value and adds it; `false` when it holds a control character.
    mutating func add(copying bytes: UnsafeRawBufferPointer, name: UnsafePointer<CChar>) -> Bool {
        guard isHeaderValue(bytes) else { return false }
        add(HeaderField(name: name, offset: store(bytes)))
        return true
    }

    /// Removes every field of a name.
    mutating func remove(name: UnsafePointer<CChar>) {
        var kept = 0
        for index in 0..<count where !isSameName(fields[index].name, name) {
            fields[kept] = fields[index]
            kept += 1
        }
        count = kept
    }

    mutating func removeAll() {
        count = 0
        storage.removeAll()
    }

    /// The value of the first field of a name; valid until the list changes.
    func value(of name: UnsafePointer<CChar>) -> UnsafePointer<CChar>? {
        (0..<count).first { isSameName(fields[$0].name, name) }.map { value(at: $0) }
    }

    func name(at index: Int) -> UnsafePointer<CChar> {
        fields[index].name
    }

    /// The value as a C string; valid until the list changes.
    func value(at index: Int) -> UnsafePointer<CChar> {
        if let value = fields[index].value { return value }
        let start = storage.bytes.baseAddress.unsafelyUnwrapped + fields[index].offset
        return start.assumingMemoryBound(to: CChar.self)
    }

    private mutating func store(_ bytes: UnsafeRawBufferPointer) -> Int {
        let offset = storage.count
        storage.append(bytes)
        storage.append(0 as UInt8)
        return offset
    }
}

/// Whether two field names are the same; literals of one place mostly are by address.
private func isSameName(_ left: UnsafePointer<CChar>, _ right: UnsafePointer<CChar>) -> Bool {
    left == right || ((left[0] ^ right[0]) & ~0x20 == 0 && strcasecmp(left, right) == 0)
}

/// Whether bytes may be a field value: no control character, so nobody can end the line.
private func isHeaderValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
}
