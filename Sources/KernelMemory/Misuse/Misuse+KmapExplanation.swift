/// Explanations of what went wrong with mappings of high memory.
extension Misuse {
    var kmapExplanation: String {
        switch code {
        case .kunmapUnbalanced where isKunmapOfLowMemory:
            "kunmap was called for \(frameText.lowercasedFirst) more often than kmap. It is low "
                + "memory, which is always mapped: nothing happens. With a page of high memory the "
                + "same would take somebody's mapping away."
        case .kunmapUnbalanced:
            "kunmap was called for \(frameText.lowercasedFirst) more often than kmap. The count of its "
                + "slot belongs to all who map the page: somebody else's mapping is taken away, and "
                + "where nobody else has one the kernel stops with a BUG in mm/highmem.c."
        case .kmapOverwritten:
            "kmap_atomic was called for a slot of this CPU that still maps "
                + "\(frameText.lowercasedFirst), since step \(allocatedAtStep ?? 0). "
                + (noticedByKernel
                    ? "A debugging kernel finds the slot's entry in use and stops; any other would let the "
                        + "old address lead to the new page."
                    : "The old address now leads to the new page: what is written through it lands "
                        + "there.")
        case .usedAfterKunmap:
            "The address \(address ?? .null) was used after its mapping was given up. Its entry is still in the page "
                + "table or the TLB, so that nothing faults: the access went to a page that may "
                + "have another owner, or, once the slot is used again, to another page."
        case .kunmapOutOfOrder:
            "Local mappings form a stack, and one was undone that "
                + "\(circumstance ?? "is not the last"). The kernel "
                + "warns and clears the last one's slot instead, whose user goes on only as long "
                + "as the TLB remembers it."
        case .kmapNestedTooDeep:
            "More than 15 local mappings were nested: the CPU has no slot left, and the kernel "
                + "stops with a BUG."
        case .kunmapOfWrongAddress:
            "What was to be unmapped is no such mapping, or is none any more. kunmap takes the page, "
                + "kunmap_atomic and kunmap_local the address that the mapping returned, once."
        case .wrongKmapType:
            "The km_type is another context's: an interrupt that uses the slot of the code that "
                + "it interrupts replaces its mapping."
        case .freeOfKmappedPage:
            "\(frameText), allocated at step \(allocatedAtStep ?? 0), was freed while it is still "
                + "mapped. Its address goes on leading to it: the page's next owner shares it with "
                + "whoever uses the mapping."
        default: ""
        }
    }
}
