/// The whole simulated memory of one machine: a value.
///
/// A copy costs a few nanoseconds and shares everything until one of the two is changed. The
/// same configuration and the same calls give the same machine, byte for byte, on every host:
/// there is no clock, no randomness and no input but ``apply(_:)``.
///
/// Copies may be used from several threads at once, each copy from one at a time.
public struct Machine: Sendable {
    var core: Core

    /// A machine that shares a core until it is changed.
    init(core: Core) { self.core = core }

    /// Runs one kernel call.
    ///
    /// A halted machine runs nothing: it stays as it is and answers ``Outcome/Returned/halted``.
    ///
    /// - Returns: what the kernel function returned. Every failure is a value.
    /// - Complexity: that of the kernel function; for a page from the CPU's own list O(1).
    @inlinable
    public mutating func apply(_ call: KernelCall) -> Outcome {
        switch call {
        case .allocPages(let gfp, let order): allocPages(gfp, order: order)
        case .allocPage(let gfp): allocPages(gfp, order: 0)
        case .getFreePages(let gfp, let order): getFreePages(gfp, order: order)
        case .getFreePage(let gfp): getFreePages(gfp, order: 0)
        case .getZeroedPage(let gfp): getFreePages(gfp.union(.zero), order: 0)
        case .freePagesOf(let page, let order): freePages(of: page, order: order)
        case .freePageOf(let page): freePages(of: page, order: 0)
        case .freePages(let address, let order): freePages(at: address, order: order)
        case .freePage(let address): freePages(at: address, order: 0)
        case .kmalloc(let size, let gfp): kmalloc(size, gfp)
        case .kfree(let address): kfree(address)
        case .kzalloc(let size, let gfp): kmalloc(size, gfp.union(.zero))
        case .kmemCacheAlloc(let cache, let gfp): allocateObject(cache, gfp)
        case .kmemCacheZalloc(let cache, let gfp): allocateObject(cache, gfp.union(.zero))
        case .kmemCacheFree(let cache, let object): freeObject(cache, object)
        case .krealloc(let address, let size, let gfp): krealloc(address, size, gfp)
        case .ksize(let address): ksize(address)
        case .kmemCacheCreate(let request): createCache(request)
        case .kmemCacheShrink(let cache): shrinkCache(cache)
        case .kmemCacheDestroy(let cache): destroyCache(cache)
        case .registerShrinker(let cache): registerShrinker(cache)
        case .unregisterShrinker(let cache): unregisterShrinker(cache)
        case .listLRUAdd(let cache, let object): markUnused(cache, object)
        case .listLRUDel(let cache, let object): markUsed(cache, object)
        case .dropSlab: dropSlab()
        case .freeListCreate(let list): createFreeList(list)
        case .freeListGet(let list, let gfp): getFromFreeList(list, gfp)
        case .freeListPut(let list, let object): putOnFreeList(list, object)
        case .pageAddress(let page): pageAddress(page)
        case .splitPage(let page, let order): splitPage(page, order: order)
        case .load(let address, let width): load(address, width: width)
        case .vmalloc(let size): vmalloc(size, .kernel)
        case .vzalloc(let size): vmalloc(size, [.kernel, .zero])
        case .vfree(let address): vfree(address)
        case .kvfree(let address): kvfree(address)
        case .kmap(let page): kmap(page)
        case .kunmap(let page, let use): kunmap(page, use: use)
        case .kmapFlushUnused: flushUnusedKmaps()
        case .kmapAtomic(let page, let type): kmapAtomic(page, type)
        case .kunmapAtomic(let address, let type, let use): kunmapAtomic(address, type, use: use)
        case .kmapLocalPage(let page): kmapLocalPage(page)
        case .kunmapLocal(let address, let use): kunmapLocal(address, use: use)
        case .cpu(let event): tellCPU(event)
        case .localIRQRestore(let flags): restoreIRQs(flags)
        case .spinLock(let lock, let variant): takeLock(lock, variant)
        case .spinUnlock(let lock, let variant, let flags):
            releaseLock(lock, variant, flags: flags)
        case .vmap(let pages): vmap(pages)
        case .vunmap(let address): vunmap(address)
        case .vmUnmapAliases: unmapAliases()
        case .access(let pattern): access(pattern)
        case .dma(let request): transfer(request)
        case .loadModule(let module): loadModule(module)
        case .deleteModule(let module): deleteModule(module.name)
        case .memset(let address, let byte, let length):
            memset(address, byte: byte, length: length)
        case .store(let address, let bytes): store(address, bytes)
        case .runOn(let cpu): runOn(cpu)
        case .kswapd(let isAwake): setKswapd(awake: isAwake)
        }
    }
}

extension Machine {
    /// Makes this machine the only one that writes to its core, and counts the call.
    ///
    /// - Returns: whether the machine runs at all.
    @inline(__always)
    mutating func beginCall() -> Bool {
        if !isKnownUniquelyReferenced(&core) || core.isSealed { makeOwner() }
        let control = core.control
        if control.pointee.state & Control.stopped != 0 { return false }
        control.pointee.step &+= 1
        return true
    }

    /// ``beginCall()`` for a call that need not be explained.
    ///
    /// - Returns: whether the machine runs and it need not; if not, then nothing has begun.
    @inline(__always)
    mutating func beginUnexplainedCall() -> Bool {
        if !isKnownUniquelyReferenced(&core) || core.isSealed { makeOwner() }
        let control = core.control
        if control.pointee.state & (Control.stopped | Control.explained) != 0 { return false }
        control.pointee.step &+= 1
        return true
    }

    /// ``beginCall()`` for what may be done also while the current CPU spins.
    mutating func beginSwitch() -> Bool {
        if !isKnownUniquelyReferenced(&core) || core.isSealed { makeOwner() }
        if core.isHalted { return false }
        core.control.pointee.step &+= 1
        return true
    }

    /// ``beginCall()`` for machines in good order: neither halted nor corrupted, and the current CPU
    /// under no constraints.
    ///
    /// - Returns: whether it is one; if not, then nothing has begun.
    @inline(__always)
    mutating func beginUsualCall() -> Bool {
        if !isKnownUniquelyReferenced(&core) || core.isSealed { makeOwner() }
        let control = core.control
        guard _fastPath(control.pointee.state == 0) else { return false }
        control.pointee.step &+= 1
        return true
    }

    /// Makes this machine the only one that writes to its core.
    mutating func takeOwnership() {
        if !isKnownUniquelyReferenced(&core) || core.isSealed { makeOwner() }
    }

    @inline(never)
    private mutating func makeOwner() {
        if isKnownUniquelyReferenced(&core) {
            core.reclaim()
        } else {
            core = core.copied()
        }
    }
}
