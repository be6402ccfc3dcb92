import KernelMemory

/// One call and what it returned, in 40 bytes.
///
///     0         1         2      3     4         8          16       24         32       40
///     | function| returned| order| byte| operand | argument | second | returned | hash   |
///
/// `operand` is a gfp mask, a length, a CPU or the index of a payload; `argument` and `second` are
/// addresses, `struct page` pointers or sizes.
struct JournalRecord {
    private var function: Function
    private var returnedKind: ReturnedKind
    private var order: UInt8 = 0
    private var byte: UInt8 = 0
    private var operand: UInt32 = 0
    private var argument: UInt64 = 0
    private var second: UInt64 = 0
    private var returnedValue: UInt64
    /// The hash of the whole session up to and with this call.
    private(set) var hash: UInt64 = 0

    private enum Function: UInt8 {
        case allocPages, allocPage, getFreePages, getFreePage, getZeroedPage, pageAddress
        case freePagesOf, freePageOf, freePages, freePage, splitPage, memset, store, runOn
        case kswapd, kmalloc, kzalloc, krealloc, kfree, ksize, createCache, allocateObject
        case allocateZeroedObject, freeObject, shrinkCache, destroyCache
        case registerShrinker, unregisterShrinker, markUnused, markUsed, dropSlab
        case createFreeList, getFromFreeList, putOnFreeList
        case vmalloc, vzalloc, vfree, vmap, vunmap, unmapAliases, load
        case access, dma, loadModule, deleteModule
        case kvfree, kmap, kunmap, flushUnusedKmaps, kmapAtomic, kunmapAtomic, kmapLocal,
            kunmapLocal
        case cpuEvent, restoreIRQ, spinLock, spinUnlock
    }

    private enum ReturnedKind: UInt8 {
        case void, null, page, address, halted, number, blocked
    }

    /// Stands for no type of a temporary mapping.
    private static let noType = UInt8.max
}

// MARK: - Writing

extension JournalRecord {
    /// Takes down a call.
    ///
    /// - Parameter payload: where the journal keeps what does not fit into a record.
    @inline(__always)
    init(_ call: KernelCall, payload: UInt32) {
        returnedKind = .void
        returnedValue = 0
        function = .allocPages
        switch call {
        case .allocPages(let gfp, let order): set(.allocPages, operand: gfp.rawValue, order: order)
        case .allocPage(let gfp): set(.allocPage, operand: gfp.rawValue)
        case .getFreePages(let gfp, let order):
            set(.getFreePages, operand: gfp.rawValue, order: order)
        case .getFreePage(let gfp): set(.getFreePage, operand: gfp.rawValue)
        case .getZeroedPage(let gfp): set(.getZeroedPage, operand: gfp.rawValue)
        case .pageAddress(let page): set(.pageAddress, page.rawValue)
        case .freePagesOf(let page, let order): set(.freePagesOf, page.rawValue, order: order)
        case .freePageOf(let page): set(.freePageOf, page.rawValue)
        case .freePages(let address, let order): set(.freePages, address.rawValue, order: order)
        case .freePage(let address): set(.freePage, address.rawValue)
        case .splitPage(let page, let order): set(.splitPage, page.rawValue, order: order)
        case .memset(let address, let byte, let length):
            set(.memset, address.rawValue, operand: length)
            self.byte = byte
        case .store(let address, _): set(.store, address.rawValue, operand: payload)
        case .runOn(let cpu): set(.runOn, operand: cpu)
        case .kswapd(let isAwake): set(.kswapd, operand: isAwake ? 1 : 0)
        case .kmalloc(let size, let gfp): set(.kmalloc, size, operand: gfp.rawValue)
        case .kzalloc(let size, let gfp): set(.kzalloc, size, operand: gfp.rawValue)
        case .krealloc(let address, let size, let gfp):
            set(.krealloc, address.rawValue, operand: gfp.rawValue)
            second = UInt64(size)
        case .kfree(let address): set(.kfree, address.rawValue)
        case .ksize(let address): set(.ksize, address.rawValue)
        case .kmemCacheCreate: set(.createCache, operand: payload)
        case .kmemCacheAlloc(let cache, let gfp):
            set(.allocateObject, cache.rawValue, operand: gfp.rawValue)
        case .kmemCacheZalloc(let cache, let gfp):
            set(.allocateZeroedObject, cache.rawValue, operand: gfp.rawValue)
        case .kmemCacheFree(let cache, let object):
            set(.freeObject, cache.rawValue)
            second = object.rawValue
        case .kmemCacheShrink(let cache): set(.shrinkCache, cache.rawValue)
        case .kmemCacheDestroy(let cache): set(.destroyCache, cache.rawValue)
        case .registerShrinker(let cache): set(.registerShrinker, cache.rawValue)
        case .unregisterShrinker(let cache): set(.unregisterShrinker, cache.rawValue)
        case .listLRUAdd(let cache, let object):
            set(.markUnused, cache.rawValue)
            second = object.rawValue
        case .listLRUDel(let cache, let object):
            set(.markUsed, cache.rawValue)
            second = object.rawValue
        case .dropSlab: set(.dropSlab)
        case .freeListCreate: set(.createFreeList, operand: payload)
        case .freeListGet(let list, let gfp):
            set(.getFromFreeList, UInt64(list), operand: gfp.rawValue)
        case .freeListPut(let list, let object):
            set(.putOnFreeList, object.rawValue, operand: list)
        case .vmalloc(let size): set(.vmalloc, size)
        case .vzalloc(let size): set(.vzalloc, size)
        case .vfree(let address): set(.vfree, address.rawValue)
        case .vmap: set(.vmap, operand: payload)
        case .vunmap(let address): set(.vunmap, address.rawValue)
        case .vmUnmapAliases: set(.unmapAliases)
        case .access: set(.access, operand: payload)
        case .dma: set(.dma, operand: payload)
        case .loadModule: set(.loadModule, operand: payload)
        case .deleteModule: set(.deleteModule, operand: payload)
        case .load(let address, let width): set(.load, address.rawValue, operand: width)
        case .kvfree(let address): set(.kvfree, address.rawValue)
        case .kmap(let page): set(.kmap, page.rawValue)
        case .kunmap(let page, let use): set(.kunmap, page.rawValue, operand: use)
        case .kmapFlushUnused: set(.flushUnusedKmaps)
        case .kmapAtomic(let page, let type):
            set(.kmapAtomic, page.rawValue)
            byte = type?.rawValue ?? Self.noType
        case .kunmapAtomic(let address, let type, let use):
            set(.kunmapAtomic, address.rawValue, operand: use)
            byte = type?.rawValue ?? Self.noType
        case .kmapLocalPage(let page): set(.kmapLocal, page.rawValue)
        case .kunmapLocal(let address, let use):
            set(.kunmapLocal, address.rawValue, operand: use)
        case .cpu(let event): set(.cpuEvent, operand: event.code)
        case .localIRQRestore(let flags): set(.restoreIRQ, flags)
        case .spinLock(_, let variant):
            set(.spinLock, operand: payload)
            byte = variant.rawValue
        case .spinUnlock(_, let variant, let flags):
            set(.spinUnlock, UInt64(flags), operand: payload)
            byte = variant.rawValue
        }
    }

    @inline(__always)
    private mutating func set(
        _ function: Function, _ argument: UInt64 = 0, operand: UInt32 = 0, order: UInt32 = 0
    ) {
        self.function = function
        self.argument = argument
        self.operand = operand
        self.order = UInt8(truncatingIfNeeded: order)
    }

    /// Takes down what the call returned, and continues the chain of hashes.
    @inline(__always)
    mutating func complete(_ returned: Outcome.Returned, after previous: UInt64, payload: UInt64) {
        switch returned {
        case .void: returnedKind = .void
        case .null: returnedKind = .null
        case .page(let page): (returnedKind, returnedValue) = (.page, page.rawValue)
        case .address(let address): (returnedKind, returnedValue) = (.address, address.rawValue)
        case .number(let number): (returnedKind, returnedValue) = (.number, number)
        case .halted: returnedKind = .halted
        case .blocked: returnedKind = .blocked
        }
        let small =
            UInt64(function.rawValue) | UInt64(returnedKind.rawValue) << 8
            | UInt64(order) << 16 | UInt64(byte) << 24 | UInt64(operand) << 32
        let first = StateHash.mix(previous ^ small, argument ^ payload)
        hash = StateHash.mix(first, returnedValue ^ second &* 0x9e37_79b9_7f4a_7c15)
    }
}

// MARK: - Reading

extension JournalRecord {
    /// The call as it was made.
    func call(payloads: [JournalPayload]) -> KernelCall {
        let gfp = GFPFlags(rawValue: operand)
        let page = PagePointer(argument)
        let address = VirtualAddress(argument)
        let order = UInt32(order)
        return switch function {
        case .allocPages: .allocPages(gfp, order: order)
        case .allocPage: .allocPage(gfp)
        case .getFreePages: .getFreePages(gfp, order: order)
        case .getFreePage: .getFreePage(gfp)
        case .getZeroedPage: .getZeroedPage(gfp)
        case .pageAddress: .pageAddress(page)
        case .freePagesOf: .freePagesOf(page, order: order)
        case .freePageOf: .freePageOf(page)
        case .freePages: .freePages(address, order: order)
        case .freePage: .freePage(address)
        case .splitPage: .splitPage(page, order: order)
        case .memset: .memset(address, byte: byte, length: operand)
        case .store: .store(address, payloads[Int(operand)].bytes)
        case .runOn: .runOn(cpu: operand)
        case .kswapd: .kswapd(isAwake: operand == 1)
        case .kmalloc: .kmalloc(size: argument, gfp)
        case .kzalloc: .kzalloc(size: argument, gfp)
        case .krealloc: .krealloc(address, size: UInt32(truncatingIfNeeded: second), gfp)
        case .kfree: .kfree(address)
        case .ksize: .ksize(address)
        case .createCache: .kmemCacheCreate(payloads[Int(operand)].request)
        case .allocateObject: .kmemCacheAlloc(address, gfp)
        case .allocateZeroedObject: .kmemCacheZalloc(address, gfp)
        case .freeObject: .kmemCacheFree(address, object: VirtualAddress(second))
        case .shrinkCache: .kmemCacheShrink(address)
        case .destroyCache: .kmemCacheDestroy(address)
        case .registerShrinker: .registerShrinker(address)
        case .unregisterShrinker: .unregisterShrinker(address)
        case .markUnused: .listLRUAdd(address, object: VirtualAddress(second))
        case .markUsed: .listLRUDel(address, object: VirtualAddress(second))
        case .dropSlab: .dropSlab
        case .createFreeList: .freeListCreate(payloads[Int(operand)].request)
        case .getFromFreeList: .freeListGet(list: UInt32(truncatingIfNeeded: argument), gfp)
        case .putOnFreeList: .freeListPut(list: operand, object: address)
        case .vmalloc: .vmalloc(size: argument)
        case .vzalloc: .vzalloc(size: argument)
        case .vfree: .vfree(address)
        case .vmap: .vmap(payloads[Int(operand)].pages)
        case .vunmap: .vunmap(address)
        case .unmapAliases: .vmUnmapAliases
        case .load: .load(address, width: operand)
        case .access: .access(payloads[Int(operand)].accesses)
        case .dma: .dma(payloads[Int(operand)].transfer)
        case .loadModule: .loadModule(payloads[Int(operand)].module)
        case .deleteModule: .deleteModule(payloads[Int(operand)].module)
        case .kvfree: .kvfree(address)
        case .kmap: .kmap(page)
        case .kunmap: .kunmap(page, use: operand)
        case .flushUnusedKmaps: .kmapFlushUnused
        case .kmapAtomic: .kmapAtomic(page, type: KmapType(rawValue: byte))
        case .kunmapAtomic:
            .kunmapAtomic(address, type: KmapType(rawValue: byte), use: operand)
        case .kmapLocal: .kmapLocalPage(page)
        case .kunmapLocal: .kunmapLocal(address, use: operand)
        case .cpuEvent: .cpu(CPUEvent(code: operand))
        case .restoreIRQ: .localIRQRestore(flags: argument)
        case .spinLock: .spinLock(payloads[Int(operand)].lock, variant)
        case .spinUnlock:
            .spinUnlock(
                payloads[Int(operand)].lock, variant, flags: UInt32(truncatingIfNeeded: argument))
        }
    }

    private var variant: LockVariant { LockVariant(rawValue: byte) ?? .plain }

    /// Where the journal keeps what does not fit into the record; `nil` if everything does.
    var payloadIndex: Int? {
        switch function {
        case .store, .createCache, .createFreeList, .vmap, .access, .dma, .loadModule,
            .deleteModule, .spinLock, .spinUnlock:
            Int(operand)
        default: nil
        }
    }

    /// What the call returned.
    var returned: Outcome.Returned {
        switch returnedKind {
        case .void: .void
        case .null: .null
        case .page: .page(PagePointer(returnedValue))
        case .address: .address(VirtualAddress(returnedValue))
        case .number: .number(returnedValue)
        case .halted: .halted
        case .blocked: .blocked
        }
    }
}

extension CPUEvent {
    /// The event's place in the list of all of them.
    fileprivate var code: UInt32 { UInt32(Self.allCases.firstIndex(of: self) ?? 0) }

    fileprivate init(code: UInt32) { self = Self.allCases[Int(code)] }
}
