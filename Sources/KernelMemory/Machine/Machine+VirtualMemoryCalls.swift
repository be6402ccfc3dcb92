/// Areas of vmalloc and the CPU's loads, as calls of a machine.
extension Machine {
    /// The corresponding kernel functions are `vmalloc` and `vzalloc` (mm/vmalloc.c, 6.1).
    @usableFromInline
    mutating func vmalloc(_ size: UInt64, _ gfp: GFPFlags) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .pointer(core.vmalloc(size, gfp))
    }

    /// The corresponding kernel function is `vfree` (mm/vmalloc.c, 6.1).
    @usableFromInline
    mutating func vfree(_ address: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.vfree(address.rawValue)
        return Outcome(.void)
    }

    /// The corresponding kernel function is `vmap` (mm/vmalloc.c, 6.1).
    @usableFromInline
    mutating func vmap(_ pages: [PagePointer]) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .pointer(core.vmap(pages))
    }

    /// The corresponding kernel function is `vunmap` (mm/vmalloc.c, 6.1).
    @usableFromInline
    mutating func vunmap(_ address: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.vunmap(address.rawValue)
        return Outcome(.void)
    }

    /// The corresponding kernel function is `vm_unmap_aliases` (mm/vmalloc.c, 6.1).
    @usableFromInline
    mutating func unmapAliases() -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.mightSleep(.purge)
        core.purgeVmapAreas()
        return Outcome(.void)
    }

    /// The corresponding kernel function is `kvfree` (mm/util.c, 6.1).
    @usableFromInline
    mutating func kvfree(_ address: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        if core.isVmallocAddress(address.rawValue) {
            core.vfree(address.rawValue)
        } else {
            core.kfree(address.rawValue)
        }
        return Outcome(.void)
    }

    @usableFromInline
    mutating func load(_ address: VirtualAddress, width: UInt32) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return core.load(address.rawValue, width: width)
    }
}
