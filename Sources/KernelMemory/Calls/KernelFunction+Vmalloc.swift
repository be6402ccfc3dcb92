/// The functions of vmalloc.
extension KernelFunction {
    static let vmallocFunctions: [KernelFunction] = [
        .init("vmalloc", [("size", .areaSize)]) { .vmalloc(size: $0[0].number) },
        .init("vzalloc", [("size", .areaSize)]) { .vzalloc(size: $0[0].number) },
        .init("vfree", [("addr", .address)]) { .vfree($0[0].address) },
        .init("kvfree", [("addr", .address)]) { .kvfree($0[0].address) },
        .init("vmap", [("pages", .pages)]) { .vmap($0[0].pages) },
        .init("vunmap", [("addr", .address)]) { .vunmap($0[0].address) },
        .init("vm_unmap_aliases", []) { _ in .vmUnmapAliases },
        .init("load_module", [("name", .name), ("text", .areaSize), ("data", .areaSize)]) {
            .loadModule(
                ModuleRequest(name: $0[0].text, textSize: $0[1].number, dataSize: $0[2].number))
        },
        .init("delete_module", [("name", .name)]) {
            .deleteModule(ModuleRequest(name: $0[0].text, textSize: 0, dataSize: 0))
        },
    ]
}

extension KernelFunction {
    /// The most pages that one `vmap` may have here.
    public static let mappedPageLimit = 1_024
}
