/// The number that stands for a kernel function in a record.
///
/// A number is never given to another function, and what stands behind it never changes its form: a
/// function that needs another form gets another number.
enum FunctionTag: UInt8, CaseIterable {
    case allocPages = 1
    case allocPage = 2
    case getFreePages = 3
    case getFreePage = 4
    case getZeroedPage = 5
    case pageAddress = 6
    case freePagesOf = 7
    case freePageOf = 8
    case freePages = 9
    case freePage = 10
    case splitPage = 11

    case kmalloc = 20
    case kzalloc = 21
    case krealloc = 22
    case kfree = 23
    case ksize = 24
    case kmemCacheCreate = 25
    case kmemCacheAlloc = 26
    case kmemCacheZalloc = 27
    case kmemCacheFree = 28
    case kmemCacheShrink = 29
    case kmemCacheDestroy = 30

    case registerShrinker = 40
    case unregisterShrinker = 41
    case listLRUAdd = 42
    case listLRUDel = 43
    case dropSlab = 44
    case freeListCreate = 45
    case freeListGet = 46
    case freeListPut = 47

    case vmalloc = 60
    case vzalloc = 61
    case vfree = 62
    case vmap = 63
    case vunmap = 64
    case vmUnmapAliases = 65
    case kvfree = 66
    case loadModule = 67
    case deleteModule = 68

    case kmap = 80
    case kunmap = 81
    case kmapFlushUnused = 82
    case kmapAtomic = 83
    case kunmapAtomic = 84
    case kmapLocalPage = 85
    case kunmapLocal = 86

    case cpu = 100
    case localIRQRestore = 101
    case spinLock = 102
    case spinUnlock = 103
    case runOn = 104
    case kswapd = 105

    case load = 120
    case access = 121
    case memset = 122
    case store = 123
    case dma = 124
}
