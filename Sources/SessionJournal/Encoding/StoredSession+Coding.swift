import KernelMemory

extension StoredSession {
    /// The version that is written.
    static let version: UInt8 = 1

    var journalKey: JournalKey { JournalKey(key, JournalKey.start) }

    /// The session's record.
    func encoded() -> [UInt8] {
        var writer = RecordWriter(capacity: 128 + recording.count + creation.count)
        writer.byte(Self.version)
        writer.word(key.rawValue)
        for block in [secret, viewSecret, creation, recording] { writer.block(block) }
        configuration.write(to: &writer)
        return writer.sealed(journalKey)
    }

    /// Reads a session's record.
    ///
    /// - Throws: ``RecordError`` if the bytes are no record, or not that of this session.
    init(_ bytes: UnsafeRawBufferPointer, _ key: SessionKey) throws(RecordError) {
        var reader = try RecordReader(
            opening: bytes, JournalKey(key, JournalKey.start), version: Self.version)
        guard try reader.word() == key.rawValue else { throw .outOfRange("id") }
        self.key = key
        secret = try reader.block()
        viewSecret = try reader.block()
        creation = try reader.block()
        recording = try reader.block()
        configuration = try MachineConfiguration(from: &reader)
        try reader.end()
    }
}

extension MachineConfiguration: RecordField {
    func write(to writer: inout RecordWriter) {
        writer.tag(kind)
        writer.number(memoryInMiB)
        writer.number(cpuCount)
        writer.flag(debug)
        writer.flag(checksObjects)
        writer.tag(slab)
        writer.flag(keepsCachesApart)
        for number in [tlb.smallEntries, tlb.largeEntries, tlb.ways] { writer.number(number) }
        switch origin {
        case .boot: writer.flag(false)
        case .recording(let digest):
            writer.flag(true)
            for index in 0..<4 { writer.word(digest.words[index]) }
        }
    }

    init(from reader: inout RecordReader) throws(RecordError) {
        let kind: Kind = try reader.tag("kind of machine")
        let memory = Int(try reader.number("memory", in: 1...1 << 30))
        let cpus = Int(try reader.number("number of CPUs", in: 1...8))
        let debug = try reader.flag("debug")
        let checksObjects = try reader.flag("slub_debug")
        let slab: SlabAllocator = try reader.tag("slab allocator")
        let keepsCachesApart = try reader.flag("slab_nomerge")
        let tlb = try TLBShape(from: &reader)
        let isRecorded = try reader.flag("origin")
        do throws(Failure) {
            self = try MachineConfiguration(
                kind: kind, memoryInMiB: isRecorded ? nil : memory, cpuCount: cpus, debug: debug,
                checksObjects: checksObjects, slab: slab, keepsCachesApart: keepsCachesApart,
                tlb: tlb)
        } catch {
            throw .outOfRange("configuration")
        }
        guard isRecorded else { return }
        memoryInMiB = memory
        startsFrom(try RecordingDigest(from: &reader))
    }
}

extension TLBShape {
    fileprivate init(from reader: inout RecordReader) throws(RecordError) {
        let range: ClosedRange<UInt64> = 0...UInt64(Self.entryLimit)
        self.init(
            smallEntries: Int(try reader.number("TLB", in: range)),
            largeEntries: Int(try reader.number("TLB", in: range)),
            ways: Int(try reader.number("TLB", in: range)))
    }
}

extension RecordingDigest {
    fileprivate init(from reader: inout RecordReader) throws(RecordError) {
        var words = SIMD4<UInt64>()
        for index in 0..<4 { words[index] = try reader.word() }
        self.init(words: words)
    }
}
