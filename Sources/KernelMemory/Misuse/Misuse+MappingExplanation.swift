/// Explanations of what went wrong with areas of vmalloc, their pages, and devices.
extension Misuse {
    var mappingExplanation: String {
        switch code {
        case .vmallocOfNothing:
            "vmalloc was asked for 0 bytes: the kernel warns once and returns NULL."
        case .vfreeOfBadAddress:
            "vfree was given \(addressText), which is not at the start of a page: vmalloc never gave "
                + "it. The kernel warns and frees nothing."
        case .vfreeOfNoArea: noAreaText
        case .vfreeInsideArea:
            "vfree was given \(addressText), in the middle of the area made at step "
                + "\(allocatedAtStep ?? 0). The kernel looks for the area around an address, and "
                + "freed all of it without a word."
        case .vunmapOfVmalloc:
            "vunmap was given the area that vmalloc made at step \(allocatedAtStep ?? 0). Its "
                + "addresses are gone, but nobody frees its pages any more: they are lost."
        case .vfreeOfVmap:
            "vfree was given the area that vmap made at step \(allocatedAtStep ?? 0). It unmaps "
                + "it, as vunmap would, and leaves the pages alone, because they are not its own."
        case .usedAfterVfree: afterVfreeText
        case .freeOfMapping:
            "\(frameText) is a page table, or lies behind an area of vmalloc, since step "
                + "\(allocatedAtStep ?? 0). Freed by itself it gets another owner, while the "
                + "mapping still leads to it."
        case .usedAfterFree: afterFreeText
        case .writeToReadOnly:
            "\(addressText) is mapped, but for reading only, as the code of modules is: the CPU faulted."
        case .dmaToForeign:
            "A device took \(frameText.lowercasedFirst), which was not meant: it "
                + (owner.map(text) ?? "belongs to somebody else") + ". A device sees only physical "
                + "memory, where what comes next need not be its user's, and nobody checks."
        default: ""
        }
    }

    /// Whose memory it was, behind "it".
    private func text(_ owner: MemoryOwner) -> String {
        switch owner {
        case .noMemory: "is no memory at all"
        case .reserved: "is the kernel's own"
        case .free: "belongs to nobody, and the next owner will find the bytes there"
        case .pageTable: "is a page table"
        case .unknown: "is in use since before the first step"
        case .pages(_, _, let step): "is part of the pages that step \(step) allocated"
        case .object(let address, let cache, let step):
            "holds the object \(address) of \(cache)"
                + (step.map { ", allocated at step \($0)" } ?? ", which is free")
        case .area(_, let page, let step):
            "is page \(page) of the vmalloc area that step \(step) made"
        }
    }

    private var addressText: String { "\(address ?? VirtualAddress(0))" }

    /// An access past the end of an area, where nothing is mapped.
    var guardPageText: String {
        "\(addressText) lies behind the area that step \(allocatedAtStep ?? 0) made, in its guard page. "
            + "Nothing is mapped there, so that the CPU faults instead of going on into the next area."
    }

    private var noAreaText: String {
        if let freedAtStep, let circumstance {
            return "vfree was given \(addressText), which step \(freedAtStep) had given to it "
                + "before: a second vfree. The first was in an interrupt or with softirqs off, where "
                + "the area "
                + "is not freed at once: \(circumstance), which now leads in a circle."
        }
        let first = "vfree was given \(addressText), where no area is. "
        if let freedAtStep {
            return first + "There was one, and step \(freedAtStep) freed it: a second vfree."
        }
        return first + "What kmalloc or the page allocator gave has functions of its own."
    }

    private var afterFreeText: String {
        let first =
            freedAtStep.map { "\(frameText) was freed at step \($0)" }
            ?? "Nobody has had \(frameText.lowercasedFirst) since boot"
        if !noticedByKernel {
            return first + ", and \(addressText) is a mapping of it, which goes on leading there. "
                + "The load gave whatever is there, which has, or will have, another owner."
        }
        return first + ", and \(addressText) is in it. A kernel with DEBUG_PAGEALLOC unmaps pages "
            + "that are not in use, so that the CPU faulted; on another one the access would have "
            + "gone to memory that has, or will have, another owner."
    }

    private var afterVfreeText: String {
        let first =
            "\(addressText) lies in an area that was freed"
            + (freedAtStep.map { " at step \($0). " } ?? ". ")
        if let circumstance {
            return first + "It was in an interrupt or with softirqs off, where the area is not "
                + "freed at once: \(circumstance), which a store may cut."
        }
        if noticedByKernel {
            return first + "Nothing is mapped there any more, so that the CPU faulted."
        }
        return first
            + "Its entry in the page table is gone, but the CPU's TLB still knew the page: the "
            + "access went to a page that has, or will have, another owner."
    }
}
