/// The functions for high memory.
extension KernelFunction {
    static let kmapFunctions: [KernelFunction] = [
        .init("kmap", [("page", .page)]) { .kmap(.init($0[0].number)) },
        .init("kunmap", [("page", .page)]) { .kunmap(.init($0[0].number), use: 0) },
        .init("kmap_flush_unused", []) { _ in .kmapFlushUnused },
        .init("kmap_atomic", [("page", .page), ("type", .kmapType)]) {
            .kmapAtomic(.init($0[0].number), type: KmapType($0[1]))
        },
        .init("kunmap_atomic", [("addr", .address), ("type", .kmapType)]) {
            .kunmapAtomic($0[0].address, type: KmapType($0[1]), use: 0)
        },
        .init("kmap_local_page", [("page", .page)]) { .kmapLocalPage(.init($0[0].number)) },
        .init("kunmap_local", [("addr", .address)]) { .kunmapLocal($0[0].address, use: 0) },
    ]
}

extension KmapType {
    /// A type as an argument; `nil` if it was left out.
    fileprivate init?(_ argument: KernelFunction.Argument) { self.init(name: argument.text) }
}
