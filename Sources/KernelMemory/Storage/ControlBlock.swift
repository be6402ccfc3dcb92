/// The scalars of a machine that change with every call.
struct Control {
    /// Calls applied since boot.
    var step: UInt32 = 0
    /// 0 while all is well; see the constants below.
    var state: UInt32 = 0
    /// The CPU that the next call runs on.
    var cpu: UInt32 = 0 {
        didSet {
            let zones = UInt32(MachineShape.zoneCount)
            localOffset = cpu * zones * UInt32(MemoryLayout<PerCPUPages>.stride)
        }
    }
    /// Where that CPU's pages start in their table.
    private(set) var localOffset: UInt32 = 0
    /// Pages that calls took from the page allocator, for whatever use.
    var takenPages: Int32 = 0
    /// The most that there were at once.
    var peakPages: Int32 = 0
    /// Those of them that the kernel uses itself; the others are in blocks that callers own.
    var kernelPages = KernelPages()
    /// What the kernel used when there were ``settledPeak``.
    var kernelPagesAtPeak = KernelPages()
    /// The peak as it was when ``kernelPages`` last changed.
    var settledPeak: Int32 = 0
    /// The frame of the root of the page tables; the same from boot on.
    var rootTable: UInt32 = 0
    /// The frames of the page tables for permanent and for fixed mappings; the same from boot on, 0
    /// where there is no high memory.
    var pkmapTable: UInt32 = 0
    var fixmapTable: UInt32 = 0
    /// The last step that printed to the log or broke a rule; 0 for none.
    var notedStep: UInt32 = 0

    /// The machine oopsed or hangs: no call runs any more.
    static let halted: UInt32 = 1
    /// A rule was broken: interior frames can be in any state, so check them as the kernel does.
    static let corrupted: UInt32 = 2
    /// The current CPU is in an interrupt, keeps others away, or counts that it does: what may sleep
    /// has to be looked at.
    static let constrained: UInt32 = 4
    /// The current CPU spins for a lock, and runs no calls.
    static let spinning: UInt32 = 8
    /// What keeps calls from running.
    static let stopped = halted | spinning
    /// Pages are mapped only while they are allocated: no call goes the short way. Set for good at boot.
    static let unmapsFreePages: UInt32 = 16
    /// The call's decisions are taken down: no step goes the short way. Set for one call only.
    static let explained: UInt32 = 32
}

/// The tables that make up the rest of a machine's state, one stretch of memory copied whole.
///
///     Control | PageRequest x 32 | Zone x 3 | FreeArea [zone][order] | PerCPUPages [cpu][zone]
///     | kmalloc caches | TLB [cpu] | page-block types
struct ControlBlock {
    let base: UnsafeMutableRawPointer
    let size: Int
    let control: UnsafeMutablePointer<Control>
    let requests: UnsafeMutablePointer<PageRequest>
    let zones: UnsafeMutablePointer<Zone>
    let freeAreas: UnsafeMutablePointer<FreeArea>
    let perCPU: UnsafeMutablePointer<PerCPUPages>
    let kmallocCaches: UnsafeMutablePointer<UInt32>
    let smallCaches: UnsafeMutablePointer<UInt32>
    let tlbs: UnsafeMutableRawPointer
    let pageBlockTypes: UnsafeMutablePointer<UInt8>

    /// An all-zero block of the size that the machine's shape needs.
    init(zeroedFor shape: MachineShape) {
        self.init(uninitialisedFor: shape)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        for gfp in 0..<32 { requests[gfp] = PageRequest(UInt32(gfp), shape) }
    }

    private init(uninitialisedFor shape: MachineShape) {
        let zones = MachineShape.zoneCount
        var layout = Layout()
        let requestTable = layout.place(PageRequest.self, 32)
        let zoneTable = layout.place(Zone.self, zones)
        let areaTable = layout.place(FreeArea.self, zones * Order.count)
        let cpuTable = layout.place(PerCPUPages.self, shape.cpuCount * zones)
        let sizes = layout.place(UInt32.self, KMallocSizes.count * KMallocFamily.allCases.count)
        let smallSizes = layout.place(UInt32.self, KMallocSizes.smallCount)
        let tlbTable = layout.place(UInt8.self, shape.cpuCount * TLB.size(shape.tlb))
        let types = layout.place(UInt8.self, shape.pageBlockCount)
        size = layout.size
        base = .allocate(byteCount: size, alignment: 16)
        control = base.assumingMemoryBound(to: Control.self)
        requests = (base + requestTable).assumingMemoryBound(to: PageRequest.self)
        self.zones = (base + zoneTable).assumingMemoryBound(to: Zone.self)
        freeAreas = (base + areaTable).assumingMemoryBound(to: FreeArea.self)
        perCPU = (base + cpuTable).assumingMemoryBound(to: PerCPUPages.self)
        kmallocCaches = (base + sizes).assumingMemoryBound(to: UInt32.self)
        smallCaches = (base + smallSizes).assumingMemoryBound(to: UInt32.self)
        tlbs = base + tlbTable
        pageBlockTypes = (base + types).assumingMemoryBound(to: UInt8.self)
    }

    /// The same contents in memory of its own.
    init(copying other: ControlBlock, shape: MachineShape) {
        self.init(uninitialisedFor: shape)
        base.copyMemory(from: other.base, byteCount: size)
    }

    func deallocate() { base.deallocate() }

    /// Adds up where each table starts, every one aligned to 16 bytes.
    private struct Layout {
        var size = (MemoryLayout<Control>.size + 15) & ~15

        mutating func place<Element>(_ type: Element.Type, _ count: Int) -> Int {
            defer { size += (MemoryLayout<Element>.stride * count + 15) & ~15 }
            return size
        }
    }
}
