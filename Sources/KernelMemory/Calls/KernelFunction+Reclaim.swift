/// Functions for memory that can be taken back, and for home-made lists that cannot.
extension KernelFunction {
    static let reclaimFunctions: [KernelFunction] = [
        .init("register_shrinker", [("cache", .cache)]) { .registerShrinker($0[0].address) },
        .init("unregister_shrinker", [("cache", .cache)]) { .unregisterShrinker($0[0].address) },
        .init("list_lru_add", [("cache", .cache), ("object", .address)]) {
            .listLRUAdd($0[0].address, object: $0[1].address)
        },
        .init("list_lru_del", [("cache", .cache), ("object", .address)]) {
            .listLRUDel($0[0].address, object: $0[1].address)
        },
        .init("drop_slab", []) { _ in .dropSlab },
        .init("free_list_create", [("name", .name), ("size", .size)]) {
            .freeListCreate(CacheRequest(name: $0[0].text, size: UInt32($0[1].number)))
        },
        .init("free_list_get", [("list", .count), ("flags", .gfp)]) {
            .freeListGet(list: UInt32($0[0].number), $0[1].gfp)
        },
        .init("free_list_put", [("list", .count), ("object", .address)]) {
            .freeListPut(list: UInt32($0[0].number), object: $0[1].address)
        },
    ]
}
