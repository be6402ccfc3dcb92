import Synchronization

/// The memory behind a ``Machine``: all state, reached through constant pointers.
///
/// A `Machine` is a value; its core is what copies share until one of them is written. Every stored
/// property is a constant, so that no access pays for exclusivity checks. The simulated kernel's
/// functions are extensions of this class, one file for each kernel idea.
final class Core: @unchecked Sendable {
    let shape: MachineShape
    let control: UnsafeMutablePointer<Control>
    let zones: UnsafeMutablePointer<Zone>
    let freeAreas: UnsafeMutablePointer<FreeArea>
    let perCPU: UnsafeMutablePointer<PerCPUPages>
    let pageBlockTypes: UnsafeMutablePointer<UInt8>
    /// The CPUs' TLBs, one behind the other.
    let tlbs: UnsafeMutableRawPointer
    let frames: FrameDirectory
    /// The bytes of all frames.
    let contents: FrameContents
    /// The caches of objects, by number.
    let caches: UnsafeMutablePointer<NodeTable>
    /// The slabs of all caches, by number.
    let slabs: UnsafeMutablePointer<NodeTable>
    /// The areas of vmalloc.
    let vmap: UnsafeMutablePointer<VmapSpace>
    /// The numbers of kmalloc's caches: ``KMallocSizes/count`` for each family.
    let kmallocCaches: UnsafeMutablePointer<UInt32>
    /// The same of the usual family, by (size - 1) / 8, for sizes up to 192.
    let smallCaches: UnsafeMutablePointer<UInt32>
    /// The smallest size that kmalloc has a cache for. `KMALLOC_MIN_SIZE`.
    let leastKMallocSize: UInt32
    /// Whether the slab allocator is the classic one, with array caches, and not SLUB.
    let hasArrayCaches: Bool
    /// Below how many eight bytes kmalloc looks for an object at hand, by its table of small sizes
    /// and by that of all; 0 if objects are not kept as SLUB keeps them.
    let atHandSmall: UInt64
    let atHandLarge: UInt64
    let pageBlockOrder: UInt32
    /// Marks of the orders from which on buddies may be in two chunks of the frame directory, or
    /// in two page blocks.
    let chunkMergeEnd: UInt32
    /// The same, for branches of the frame directory.
    let branchMergeEnd: UInt32
    let zoneStart1: UInt32
    let zoneStart2: UInt32
    let highestZoneTable: UInt64
    /// What each value of the five lowest bits of a gfp mask asks for.
    let requests: UnsafeMutablePointer<PageRequest>
    let layout: AddressLayout
    /// All ones in as many bits as a pointer has.
    let pointerMask: UInt64
    /// Base-2 logarithm of the size of a `struct page`.
    let pageStructShift: UInt64
    /// Logs, reports and contents: what the hot path never touches.
    let cold: ColdState

    /// The lowest address of the mappings of high memory; none where there are none.
    let mappingStart: UInt64

    /// How addresses are cut into indices of page-table entries.
    let paging: PagingMode
    /// Where a page's translations can be in a CPU's TLB.
    let smallSetMask: Int
    let tlbWays: Int
    /// Bytes from one CPU's TLB to the next.
    let tlbStride: Int

    private let block: ControlBlock
    private let image: Core?
    /// Set when another core began to share this one's frames.
    private let sealed = Atomic<Bool>(false)

    private init(
        shape: MachineShape, block: ControlBlock, frames: FrameDirectory, contents: FrameContents,
        objects: ObjectTables, vmap space: VmapSpace, cold: ColdState, image: Core?
    ) {
        self.shape = shape
        self.block = block
        self.frames = frames
        self.contents = contents
        caches = .allocate(capacity: 1)
        caches.initialize(to: objects.caches)
        slabs = .allocate(capacity: 1)
        slabs.initialize(to: objects.slabs)
        kmallocCaches = block.kmallocCaches
        smallCaches = block.smallCaches
        leastKMallocSize = shape.slab == .slub ? 8 : 32
        hasArrayCaches = shape.slab == .slab
        atHandSmall = hasArrayCaches ? 0 : UInt64(KMallocSizes.smallCount)
        atHandLarge = hasArrayCaches ? 0 : KMallocSizes.largest / 8
        self.cold = cold
        self.image = image
        control = block.control
        zones = block.zones
        freeAreas = block.freeAreas
        perCPU = block.perCPU
        pageBlockTypes = block.pageBlockTypes
        tlbs = block.tlbs
        mappingStart = shape.layout.pkmapBase ?? .max
        paging = shape.architecture.paging
        smallSetMask = shape.tlb.smallSetMask
        tlbWays = shape.tlb.ways
        tlbStride = TLB.size(shape.tlb)
        vmap = .allocate(capacity: 1)
        vmap.initialize(to: space)
        pageBlockOrder = shape.pageBlockOrder
        chunkMergeEnd = Frame.buddyMark(min(shape.pageBlockOrder, FrameDirectory.chunkShift))
        branchMergeEnd = Frame.buddyMark(min(shape.pageBlockOrder, Order.largest))
        zoneStart1 = shape.zoneStart[0]
        zoneStart2 = shape.zoneStart[1]
        highestZoneTable = shape.architecture.highestZoneTable
        requests = block.requests
        layout = shape.layout
        pointerMask = shape.architecture == .i386 ? 0xffff_ffff : .max
        pageStructShift = shape.architecture == .i386 ? 5 : 6
    }

    deinit {
        frames.deallocate()
        contents.deallocate()
        for table in [caches, slabs] {
            table.pointee.deallocate()
            table.deallocate()
        }
        vmap.deinitialize(count: 1)
        vmap.deallocate()
        block.deallocate()
    }
}

/// The tables of the slab allocator.
private struct ObjectTables {
    var caches: NodeTable
    var slabs: NodeTable
}

// MARK: - Making, copying and owning

extension Core {
    /// An all-zero machine, for the boot code to fill.
    convenience init(zeroedFor shape: MachineShape) {
        self.init(
            shape: shape, block: ControlBlock(zeroedFor: shape),
            frames: FrameDirectory(zeroedFor: shape.frameEnd),
            contents: FrameContents(zeroedFor: shape.frameEnd + shape.tableRoom),
            objects: ObjectTables(caches: NodeTable(), slabs: NodeTable()), vmap: VmapSpace(),
            cold: ColdState(cpuCount: shape.cpuCount), image: nil)
    }

    /// A machine that has just booted: shares every frame with the image, which it keeps alive.
    convenience init(bootedFrom image: Core) {
        self.init(
            shape: image.shape, block: ControlBlock(copying: image.block, shape: image.shape),
            frames: FrameDirectory(borrowing: image.frames),
            contents: FrameContents(borrowing: image.contents),
            objects: ObjectTables(
                caches: NodeTable(borrowing: image.caches.pointee),
                slabs: NodeTable(borrowing: image.slabs.pointee)),
            vmap: image.vmap.pointee, cold: ColdState(bootedFrom: image.cold), image: image)
    }

    /// A copy that shares this core's frames until either is written.
    ///
    /// - Complexity: O(size of the control block and of the frame table's root).
    func copied() -> Core {
        let copy = Core(
            shape: shape, block: ControlBlock(copying: block, shape: shape),
            frames: FrameDirectory(sharing: frames),
            contents: FrameContents(sharing: contents),
            objects: ObjectTables(
                caches: NodeTable(sharing: caches.pointee),
                slabs: NodeTable(sharing: slabs.pointee)),
            vmap: vmap.pointee, cold: ColdState(copying: cold), image: image)
        // An exchange, not a store: when several threads take copies, the owner who sees the flag
        // comes after all of them, not only after the last.
        _ = sealed.exchange(true, ordering: .releasing)
        return copy
    }

    /// Whether a copy was taken since the last ``reclaim()``.
    var isSealed: Bool {
        @inline(__always) get { sealed.load(ordering: .acquiring) }
    }

    /// Takes back the right to write after the copies' owners may have gone; only for an owner
    /// who holds the one reference.
    func reclaim() {
        // Comes after all that those did who took copies.
        _ = sealed.exchange(false, ordering: .acquiring)
        frames.markAllShared()
        contents.markAllShared()
        caches.pointee.markAllShared()
        slabs.pointee.markAllShared()
    }
}

// MARK: - Finding things

extension Core {
    /// Index of the zone that a frame belongs to by its number.
    @inline(__always)
    func zoneIndex(of pfn: UInt32) -> Int {
        pfn >= zoneStart2 ? 2 : (pfn >= zoneStart1 ? 1 : 0)
    }

    /// The free blocks of one order.
    @inline(__always)
    func freeArea(_ zone: Int, _ order: UInt32) -> UnsafeMutablePointer<FreeArea> {
        freeAreas + (zone &* Order.count &+ Int(order))
    }

    /// The free blocks of one order and migrate type.
    @inline(__always)
    func freeList(_ zone: Int, _ order: UInt32, _ type: Int) -> UnsafeMutablePointer<BlockList> {
        freeArea(zone, order).list(type)
    }

    /// The pages of a zone on the CPU that the call runs on.
    @inline(__always)
    func localPages(_ zone: Int) -> UnsafeMutablePointer<PerCPUPages> {
        let base = UnsafeMutableRawPointer(perCPU) + Int(control.pointee.localOffset)
        return base.assumingMemoryBound(to: PerCPUPages.self) + zone
    }

    /// Tells every CPU's pages of a zone where the types of its page blocks are.
    func placePageBlocks(_ zone: Int) {
        let first = UnsafeMutableRawPointer(pageBlockTypes) + Int(zones[zone].pageBlockBase)
        for cpu in 0..<shape.cpuCount {
            let local = perCPU + (cpu * MachineShape.zoneCount + zone)
            local.pointee.pageBlockDistance = Int32(first - UnsafeMutableRawPointer(local))
        }
    }

    @inline(__always)
    private func pageBlock(_ zone: Int, _ pfn: UInt32) -> UnsafeMutablePointer<UInt8> {
        let block = Int32(bitPattern: pfn &>> pageBlockOrder)
        return pageBlockTypes + Int(zones[zone].pageBlockBase &+ block)
    }

    /// The migrate type of the page block around a frame. `get_pageblock_migratetype`.
    @inline(__always)
    func pageBlockType(_ zone: Int, _ pfn: UInt32) -> Int { Int(pageBlock(zone, pfn).pointee) }

    /// Changes that type; to unmovable if the machine knows no other but the reserve.
    ///
    /// The corresponding kernel function is `set_pageblock_migratetype` (mm/page_alloc.c, 6.1).
    func setPageBlockType(_ zone: Int, _ pfn: UInt32, _ type: Int) {
        let isGrouped = shape.groupsByMobility || type >= MigrateType.perCPUTypeCount
        pageBlock(zone, pfn).pointee = isGrouped ? UInt8(type) : MigrateType.unmovable.rawValue
    }

    /// Whether the frame heads a free block of exactly this order. `page_is_buddy`.
    @inline(__always)
    func isBuddy(_ zone: Int, _ pfn: UInt32, _ order: UInt32) -> Bool {
        zones[zone].contains(pfn) && frames.readable(pfn).pointee.isBuddy(order)
    }
}
