extension StoredAnswer: RecordField {
    func write(to writer: inout RecordWriter) {
        writer.block(key)
        writer.word(request)
        writer.number(status)
        writer.block(contentType)
        writer.block(location)
        writer.flag(body != nil)
        if let body { writer.block(body) }
    }

    init(from reader: inout RecordReader) throws(RecordError) {
        key = try reader.block()
        request = try reader.word()
        status = try reader.number32("status")
        contentType = try reader.block()
        location = try reader.block()
        body = try reader.flag("body") ? try reader.block() : nil
    }
}
