import Glibc
import KernelMemory
import KernelTestSupport

@testable import SessionJournal

/// A directory that is there as long as the value.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/journal-test-XXXXXX\0".utf8CString.dropLast())
        guard let made = mkdtemp(&template) else { fatalError("no directory: \(errno)") }
        path = String(cString: made)
    }

    /// What the store's directory is called in it.
    var store: String { path + "/data" }

    deinit {
        for name in [
            "data.mdb", "lock.mdb", "lock", "seed", "recent", "open-since-boot", "served-seconds",
        ] {
            unlink(store + "/" + name)
        }
        rmdir(store)
        rmdir(path)
    }
}

extension StoredSession {
    /// A session that boots the usual machine.
    static func sample(_ number: UInt64) -> StoredSession {
        StoredSession(
            key: SessionKey(rawValue: number), secret: [1, 2, 3], viewSecret: [4],
            configuration: try! MachineConfiguration(), creation: Array("somebody".utf8))
    }
}

extension JournalStore {
    /// All calls of a session.
    func calls(_ session: SessionKey, from step: UInt32 = 1) throws -> [RecordedCall] {
        var calls: [RecordedCall] = []
        try read(session, from: step) { (_, call) throws(JournalError) in calls.append(call) }
        return calls
    }
}

/// The error that something throws; `nil` if it throws none.
func journalError<Result>(_ body: () throws(JournalError) -> Result) -> JournalError? {
    do throws(JournalError) {
        _ = try body()
        return nil
    } catch { return error }
}

/// Random calls of every kind, with values at the ends of their ranges and in between.
struct RandomRecords {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func number(_ limit: UInt64 = .max) -> UInt64 {
        let choice = Int.random(in: 0..<8, using: &random)
        let number: UInt64 =
            switch choice {
            case 0: 0
            case 1: limit
            case 2: 0xc000_0000 | random.next() >> 34
            case 3: 0xffff_8880_0000_0000 | random.next() >> 20
            default: random.next() >> UInt64.random(in: 0..<64, using: &random)
            }
        return min(number, limit)
    }

    mutating func number32() -> UInt32 { UInt32(number(UInt64(UInt32.max))) }

    mutating func bytes(_ limit: Int) -> [UInt8] {
        let count = Bool.random(using: &random) ? Int.random(in: 0...limit, using: &random) : 3
        return (0..<min(count, limit)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    mutating func name() -> String {
        String(repeating: "n", count: Int.random(in: 1...200, using: &random)) + "_\"µ"
    }

    mutating func record() -> RecordedCall {
        let functions = FunctionTag.allCases
        return RecordedCall(
            call(functions.randomElement(using: &random)!), stateHash: random.next())
    }

    /// The bytes of a call as they would be written, put together from its form.
    mutating func call(_ function: FunctionTag) -> KernelCall {
        let gfp = GFPFlags(rawValue: number32())
        let (page, address) = (PagePointer(number()), VirtualAddress(number()))
        let other = VirtualAddress(number())
        return switch function {
        case .allocPages: .allocPages(gfp, order: number32())
        case .allocPage: .allocPage(gfp)
        case .getFreePages: .getFreePages(gfp, order: number32())
        case .getFreePage: .getFreePage(gfp)
        case .getZeroedPage: .getZeroedPage(gfp)
        case .pageAddress: .pageAddress(page)
        case .freePagesOf: .freePagesOf(page, order: number32())
        case .freePageOf: .freePageOf(page)
        case .freePages: .freePages(address, order: number32())
        case .freePage: .freePage(address)
        case .splitPage: .splitPage(page, order: number32())
        case .kmalloc: .kmalloc(size: number(), gfp)
        case .kzalloc: .kzalloc(size: number(), gfp)
        case .krealloc: .krealloc(address, size: number32(), gfp)
        case .kfree: .kfree(address)
        case .ksize: .ksize(address)
        case .kmemCacheCreate: .kmemCacheCreate(cache())
        case .kmemCacheAlloc: .kmemCacheAlloc(address, gfp)
        case .kmemCacheZalloc: .kmemCacheZalloc(address, gfp)
        case .kmemCacheFree: .kmemCacheFree(address, object: other)
        case .kmemCacheShrink: .kmemCacheShrink(address)
        case .kmemCacheDestroy: .kmemCacheDestroy(address)
        case .registerShrinker: .registerShrinker(address)
        case .unregisterShrinker: .unregisterShrinker(address)
        case .listLRUAdd: .listLRUAdd(address, object: other)
        case .listLRUDel: .listLRUDel(address, object: other)
        case .dropSlab: .dropSlab
        case .freeListCreate: .freeListCreate(cache())
        case .freeListGet: .freeListGet(list: number32(), gfp)
        case .freeListPut: .freeListPut(list: number32(), object: address)
        default: mappingCall(function, page, address)
        }
    }

    private mutating func mappingCall(
        _ function: FunctionTag, _ page: PagePointer, _ address: VirtualAddress
    ) -> KernelCall {
        switch function {
        case .vmalloc: return .vmalloc(size: number())
        case .vzalloc: return .vzalloc(size: number())
        case .vfree: return .vfree(address)
        case .vmap:
            let count = Int.random(in: 0...1_024, using: &random)
            return .vmap((0..<count).map { _ in PagePointer(number()) })
        case .vunmap: return .vunmap(address)
        case .vmUnmapAliases: return .vmUnmapAliases
        case .kvfree: return .kvfree(address)
        case .loadModule: return .loadModule(module())
        case .deleteModule: return .deleteModule(module())
        case .kmap: return .kmap(page)
        case .kunmap: return .kunmap(page, use: number32())
        case .kmapFlushUnused: return .kmapFlushUnused
        case .kmapAtomic: return .kmapAtomic(page, type: kmapType())
        case .kunmapAtomic: return .kunmapAtomic(address, type: kmapType(), use: number32())
        case .kmapLocalPage: return .kmapLocalPage(page)
        case .kunmapLocal: return .kunmapLocal(address, use: number32())
        default: return processorCall(function, address)
        }
    }

    private mutating func processorCall(
        _ function: FunctionTag, _ address: VirtualAddress
    ) -> KernelCall {
        switch function {
        case .cpu: return .cpu(CPUEvent.allCases.randomElement(using: &random)!)
        case .localIRQRestore: return .localIRQRestore(flags: number())
        case .spinLock: return .spinLock(SpinLock(name: name()), variant())
        case .spinUnlock:
            return .spinUnlock(SpinLock(name: name()), variant(), flags: number32())
        case .runOn: return .runOn(cpu: number32())
        case .kswapd: return .kswapd(isAwake: Bool.random(using: &random))
        case .load: return .load(address, width: number32())
        case .access: return .access(pattern(address))
        case .memset: return .memset(address, byte: UInt8(number(255)), length: number32())
        case .store: return .store(address, bytes(65_536))
        default: return .dma(transfer())
        }
    }

    private mutating func cache() -> CacheRequest {
        let constructors: [Constructor] = [.none, .unknown, .fill(UInt8(number(255)))]
        return CacheRequest(
            name: name(), size: number32(), align: number32(),
            flags: CacheFlags(rawValue: number32()),
            constructor: constructors.randomElement(using: &random)!)
    }

    private mutating func module() -> ModuleRequest {
        ModuleRequest(name: name(), textSize: number(), dataSize: number())
    }

    private mutating func kmapType() -> KmapType? {
        Bool.random(using: &random) ? KmapType.allCases.randomElement(using: &random) : nil
    }

    private mutating func variant() -> LockVariant {
        LockVariant.allCases.randomElement(using: &random)!
    }

    private mutating func pattern(_ start: VirtualAddress) -> AccessPattern {
        let offsets = (0..<Int.random(in: 0...300, using: &random)).map { _ in number() }
        let orders: [AccessPattern.Order] = [
            .stride(number()), .random(seed: random.next()), .list(offsets),
        ]
        return AccessPattern(
            start: start, length: number(), count: number32(),
            order: orders.randomElement(using: &random)!)
    }

    private mutating func transfer() -> DMARequest {
        DMARequest(
            address: PhysicalAddress(number()), length: number32(), maskBits: number32(),
            direction: DMARequest.Direction.allCases.randomElement(using: &random)!,
            byte: UInt8(number(255)))
    }
}

extension RecordedCall {
    /// The record under a key.
    func encoded(_ key: JournalKey) -> [UInt8] {
        var writer = RecordWriter()
        write(to: &writer, under: key)
        return writer.bytes
    }
}
