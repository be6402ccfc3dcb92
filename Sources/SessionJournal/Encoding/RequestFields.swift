import KernelMemory

// The arguments of several fields, which calls keep behind a reference.

extension CacheRequest: RecordField {
    func write(to writer: inout RecordWriter) {
        writer.block(name.utf8)
        writer.number(size)
        writer.number(align)
        writer.number(flags.rawValue)
        constructor.write(to: &writer)
    }

    convenience init(from reader: inout RecordReader) throws(RecordError) {
        self.init(
            name: try reader.text("name"), size: try reader.number32("size"),
            align: try reader.number32("alignment"),
            flags: CacheFlags(rawValue: try reader.number32("flags")),
            constructor: try Constructor(from: &reader))
    }
}

extension Constructor: RecordField {
    func write(to writer: inout RecordWriter) {
        switch self {
        case .none: writer.byte(0)
        case .unknown: writer.byte(1)
        case .fill(let byte):
            writer.byte(2)
            writer.byte(byte)
        }
    }

    init(from reader: inout RecordReader) throws(RecordError) {
        switch try reader.byte() {
        case 0: self = .none
        case 1: self = .unknown
        case 2: self = .fill(try reader.byte())
        default: throw .outOfRange("constructor")
        }
    }
}

extension AccessPattern: RecordField {
    func write(to writer: inout RecordWriter) {
        writer.address(start.rawValue)
        writer.number(length)
        writer.number(count)
        order.write(to: &writer)
    }

    convenience init(from reader: inout RecordReader) throws(RecordError) {
        self.init(
            start: VirtualAddress(try reader.address()),
            length: try reader.number("length", in: 1...UInt64.max),
            count: UInt32(try reader.number("count", in: 0...UInt64(Self.countLimit))),
            order: try Order(from: &reader))
    }
}

extension AccessPattern.Order: RecordField {
    func write(to writer: inout RecordWriter) {
        switch self {
        case .stride(let bytes):
            writer.byte(1)
            writer.number(bytes)
        case .random(let seed):
            writer.byte(2)
            writer.word(seed)
        case .list(let offsets):
            writer.byte(3)
            writer.number(offsets.count)
            for offset in offsets { writer.number(offset) }
        }
    }

    init(from reader: inout RecordReader) throws(RecordError) {
        switch try reader.byte() {
        case 1: self = .stride(try reader.number())
        case 2: self = .random(seed: try reader.word())
        case 3:
            var offsets: [UInt64] = []
            for _ in 0..<(try reader.count()) { offsets.append(try reader.number()) }
            self = .list(offsets)
        default: throw .outOfRange("order of loads")
        }
    }
}

extension DMARequest: RecordField {
    func write(to writer: inout RecordWriter) {
        writer.number(address.rawValue)
        writer.number(length)
        writer.number(maskBits)
        writer.tag(direction)
        writer.byte(byte)
    }

    convenience init(from reader: inout RecordReader) throws(RecordError) {
        self.init(
            address: PhysicalAddress(try reader.number()),
            length: UInt32(try reader.number("length", in: 0...UInt64(Self.lengthLimit))),
            maskBits: try reader.number32("mask"), direction: try reader.tag("direction"),
            byte: try reader.byte())
    }
}

extension ModuleRequest: RecordField {
    func write(to writer: inout RecordWriter) {
        writer.block(name.utf8)
        writer.number(textSize)
        writer.number(dataSize)
    }

    convenience init(from reader: inout RecordReader) throws(RecordError) {
        self.init(
            name: try reader.text("name"), textSize: try reader.number(),
            dataSize: try reader.number())
    }
}

extension SpinLock: RecordField {
    func write(to writer: inout RecordWriter) { writer.block(name.utf8) }

    convenience init(from reader: inout RecordReader) throws(RecordError) {
        self.init(name: try reader.text("name"))
    }
}
