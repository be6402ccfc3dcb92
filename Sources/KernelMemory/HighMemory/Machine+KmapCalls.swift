/// Mappings of high memory, as calls of a machine.
extension Machine {
    @usableFromInline
    mutating func kmap(_ page: PagePointer) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        let outcome = core.kmap(page)
        if outcome.returned == .blocked { core.finishContextChange() }
        return outcome
    }

    @usableFromInline
    mutating func kunmap(_ page: PagePointer, use: UInt32) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.kunmap(page, use: use)
        return Outcome(.void)
    }

    /// The corresponding kernel function is `__kmap_flush_unused` (mm/highmem.c, 6.1).
    @usableFromInline
    mutating func flushUnusedKmaps() -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        if core.hasHighmem { core.flushUnusedKmaps() }
        return Outcome(.void)
    }

    @usableFromInline
    mutating func kmapAtomic(_ page: PagePointer, _ type: KmapType?) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .mapping(core.kmapAtomic(page, type))
    }

    @usableFromInline
    mutating func kunmapAtomic(_ address: VirtualAddress, _ type: KmapType?, use: UInt32) -> Outcome
    {
        guard beginCall() else { return Outcome(.halted) }
        core.kunmapAtomic(address.rawValue, type, use: use)
        core.finishContextChange()
        return Outcome(.void)
    }

    /// The corresponding kernel function is `kmap_local_page` (include/linux/highmem-internal.h, 6.1).
    @usableFromInline
    mutating func kmapLocalPage(_ page: PagePointer) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .mapping(core.mapLocally(page, .local))
    }

    /// The corresponding kernel function is `kunmap_local` (include/linux/highmem-internal.h, 6.1).
    @usableFromInline
    mutating func kunmapLocal(_ address: VirtualAddress, use: UInt32) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.unmapLocally(address.rawValue)
        if !core.isHalted { core.forgetTemporary(.local, at: address.rawValue, use) }
        return Outcome(.void)
    }
}

extension Outcome {
    /// What a mapping returns; nothing if the kernel died on the way.
    fileprivate static func mapping(_ address: UInt64) -> Outcome {
        Outcome(address == 0 ? .void : .address(VirtualAddress(address)))
    }
}
