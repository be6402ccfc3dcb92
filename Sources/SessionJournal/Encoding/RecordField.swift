import KernelMemory

/// An argument of a call as it stands in a record.
protocol RecordField {
    func write(to writer: inout RecordWriter)
    init(from reader: inout RecordReader) throws(RecordError)
}

extension UInt64: RecordField {
    func write(to writer: inout RecordWriter) { writer.number(self) }
    init(from reader: inout RecordReader) throws(RecordError) { self = try reader.number() }
}

extension UInt32: RecordField {
    func write(to writer: inout RecordWriter) { writer.number(self) }
    init(from reader: inout RecordReader) throws(RecordError) {
        self = try reader.number32("number")
    }
}

extension UInt8: RecordField {
    func write(to writer: inout RecordWriter) { writer.byte(self) }
    init(from reader: inout RecordReader) throws(RecordError) { self = try reader.byte() }
}

extension Bool: RecordField {
    func write(to writer: inout RecordWriter) { writer.flag(self) }
    init(from reader: inout RecordReader) throws(RecordError) { self = try reader.flag("flag") }
}

extension GFPFlags: RecordField {
    func write(to writer: inout RecordWriter) { writer.number(rawValue) }
    init(from reader: inout RecordReader) throws(RecordError) {
        self.init(rawValue: try reader.number32("gfp mask"))
    }
}

extension VirtualAddress: RecordField {
    func write(to writer: inout RecordWriter) { writer.address(rawValue) }
    init(from reader: inout RecordReader) throws(RecordError) {
        self.init(try reader.address())
    }
}

extension PagePointer: RecordField {
    func write(to writer: inout RecordWriter) { writer.address(rawValue) }
    init(from reader: inout RecordReader) throws(RecordError) {
        self.init(try reader.address())
    }
}

extension CPUEvent: RecordField {
    func write(to writer: inout RecordWriter) { writer.tag(self) }
    init(from reader: inout RecordReader) throws(RecordError) { self = try reader.tag("event") }
}

extension LockVariant: RecordField {
    func write(to writer: inout RecordWriter) { writer.tag(self) }
    init(from reader: inout RecordReader) throws(RecordError) { self = try reader.tag("variant") }
}

extension KmapType?: RecordField {
    func write(to writer: inout RecordWriter) { writer.byte(self?.tag ?? 0) }
    init(from reader: inout RecordReader) throws(RecordError) {
        let tag = try reader.byte()
        self = KmapType.allCases.first { $0.tag == tag }
        guard tag == 0 || self != nil else { throw .outOfRange("type of mapping") }
    }
}

/// What a list consists of.
protocol RecordElement {
    static func write(_ list: [Self], to writer: inout RecordWriter)
    static func list(from reader: inout RecordReader) throws(RecordError) -> [Self]
}

extension Array: RecordField where Element: RecordElement {
    func write(to writer: inout RecordWriter) { Element.write(self, to: &writer) }
    init(from reader: inout RecordReader) throws(RecordError) {
        self = try Element.list(from: &reader)
    }
}

/// The bytes of a store.
extension UInt8: RecordElement {
    static func write(_ list: [UInt8], to writer: inout RecordWriter) { writer.block(list) }
    static func list(from reader: inout RecordReader) throws(RecordError) -> [UInt8] {
        try reader.block()
    }
}

/// The pages of a mapping: each as its distance from the one before.
extension PagePointer: RecordElement {
    static func write(_ list: [PagePointer], to writer: inout RecordWriter) {
        writer.number(list.count)
        var last: UInt64 = 0
        for page in list {
            writer.address(page.rawValue &- last)
            last = page.rawValue
        }
    }

    static func list(from reader: inout RecordReader) throws(RecordError) -> [PagePointer] {
        var pages: [PagePointer] = []
        var last: UInt64 = 0
        for _ in 0..<(try reader.count()) {
            last = last &+ (try reader.address())
            pages.append(PagePointer(last))
        }
        return pages
    }
}
