extension Core {
    /// What every decision about a slab shows.
    func slabFields(_ number: UInt32) -> KeyValuePairs<String, any DecisionValue> {
        let slab = readSlab(number).pointee
        return [
            "cache": cold.registry.name(slab.cache), "slab_pfn": slab.pfn,
            "order": UInt32(slab.order), "inuse": slab.inuse, "objects": slab.objects,
        ]
    }

    /// Whose an object is that is to be freed, as its page says.
    func explainObject(_ object: UInt64, in slab: UInt32, _ pfn: UInt32) {
        explain(
            .objectFreed,
            [
                "object": VirtualAddress(object), "pfn": pfn,
                "cache": cold.registry.name(readSlab(slab).pointee.cache),
            ])
    }
}
