import CSimdJSON

/// One line of a trace, as far as the replay needs it.
enum TraceRecord {
    /// `a`: `alloc_pages(g, o)` returned frame `p` or NULL.
    case allocate(gfp: UInt32, order: UInt32, pfn: UInt32?)
    /// `f`: `__free_pages(p, o)`.
    case free(pfn: UInt32, order: UInt32)
    /// `s`: `split_page(p, o)`.
    case split(pfn: UInt32, order: UInt32)
    /// Anything else, by its kind, to be looked at more closely.
    case other(kind: String, JSONNode)

    /// Reads a line; `nil` if it is no record.
    init?(line: UnsafeRawBufferPointer) {
        guard let node = JSONNode(line: line), let kind = node["t"] else { return nil }
        guard kind.value.kind == CSJ_STRING else { return nil }
        let name = kind.value.text
        guard name.count == 1, let call = TraceRecord(call: name.start[0], node) else {
            guard let text = kind.text else { return nil }
            self = .other(kind: text, node)
            return
        }
        self = call
    }

    private init?(call: CChar, _ node: JSONNode) {
        var order: Int?
        var gfp: Int?
        var pfn: Int?
        try? node.forEachMember { (key, value) throws(TraceError) in
            guard key.count == 1 else { return }
            switch UInt8(bitPattern: key.start[0]) {
            case UInt8(ascii: "o"): order = value.number
            case UInt8(ascii: "g"): gfp = value.number
            case UInt8(ascii: "p"): pfn = value.number
            default: break
            }
        }
        guard let order = order.flatMap(UInt32.init(exactly:)) else { return nil }
        let frame = pfn.flatMap(UInt32.init(exactly:))
        switch (UInt8(bitPattern: call), frame) {
        case (UInt8(ascii: "a"), _):
            guard let gfp = gfp.flatMap(UInt32.init(exactly:)) else { return nil }
            self = .allocate(gfp: gfp, order: order, pfn: frame)
        case (UInt8(ascii: "f"), let frame?): self = .free(pfn: frame, order: order)
        case (UInt8(ascii: "s"), let frame?): self = .split(pfn: frame, order: order)
        default: return nil
        }
    }
}
