/// The functions of vmalloc.
extension KernelFunction {
    static let vmallocFunctions: [KernelFunction] = [
        .init("vmalloc", [("size", .areaSize)]) { .vmalloc(size: $0[0].number) },
        .init("vzalloc", [("size", .areaSize)]) { .vzalloc(size: $0[0].number) },
        .init("vfree", [("addr", .address)]) { .vfree($0[0].address) },
        .init("vunmap", [("addr", .address)]) { .vunmap($0[0].address) },
        .init("vm_unmap_aliases", []) { _ in .vmUnmapAliases },
    ]
}
