/// A machine's frames as runs, with what only a walk over the lists can tell.
struct FrameMap {
    private let core: Core
    /// The blocks on buddy lists whose frames do not say so, by their first frames.
    private let unmarked: [UInt32: BlockShape]

    private struct BlockShape {
        let order: UInt32
        let type: MigrateType
    }

    /// - Complexity: O(1); O(free blocks) once the kernel has reported a bad page.
    init(_ core: Core) {
        self.core = core
        unmarked = core.cold.taint.badPage ? Self.unmarkedBlocks(core) : [:]
    }

    /// The run that starts at a frame.
    func run(at pfn: UInt32) -> FrameRun {
        let state = state(of: pfn)
        let frame = core.frames.readable(pfn).pointee
        switch state {
        case .unmarked:
            let shape = unmarked[pfn] ?? BlockShape(order: 0, type: .unmovable)
            return block(pfn, frame, state, order: shape.order, type: shape.type)
        case .allocated:
            var run = block(pfn, frame, state, order: frame.order, type: nil)
            run.isLargeKMalloc = frame.has(Frame.largeKMalloc)
            return run
        case .slab:
            guard let number = core.slabNumber(of: pfn) else {
                return stretch(from: pfn, frame, state)
            }
            let slab = core.readSlab(number).pointee
            let head = core.frames.readable(slab.pfn).pointee
            return block(slab.pfn, head, state, order: UInt32(slab.order), type: nil)
        case .free, .perCPU:
            let type = MigrateType(rawValue: UInt8(frame.migrateType))
            return block(pfn, frame, state, order: frame.order, type: type)
        case .vmalloc: return mapped(from: pfn, frame)
        case .reserved, .kernel, .lost, .absent, .pageTable:
            return stretch(from: pfn, frame, state)
        }
    }

    private func block(
        _ pfn: UInt32, _ frame: Frame, _ state: FrameRun.State, order: UInt32, type: MigrateType?
    ) -> FrameRun {
        FrameRun(
            start: PageFrameNumber(pfn), count: 1 << order, state: state, order: Int(order),
            migrateType: type, step: frame.step, referenceCount: Int(frame.referenceCount),
            isCompound: frame.has(Frame.head),
            isShared: state == .allocated && core.isShared(pfn, order: order))
    }

    private func stretch(
        from start: UInt32, _ frame: Frame, _ state: FrameRun.State
    ) -> FrameRun {
        var end = start + 1
        while end < core.shape.frameEnd, self.state(of: end) == state { end += 1 }
        return FrameRun(
            start: PageFrameNumber(start), count: end - start, state: state, order: nil,
            migrateType: nil, step: frame.step, referenceCount: Int(frame.referenceCount),
            isCompound: false, isShared: false)
    }

    /// Frames behind consecutive pages of the vmalloc area, taken in the same step.
    private func mapped(from start: UInt32, _ frame: Frame) -> FrameRun {
        var end = start + 1
        while end < core.shape.frameEnd, state(of: end) == .vmalloc {
            let next = core.frames.readable(end).pointee
            guard next.next == frame.next &+ (end - start), next.step == frame.step else { break }
            end += 1
        }
        var run = FrameRun(
            start: PageFrameNumber(start), count: end - start, state: .vmalloc, order: nil,
            migrateType: nil, step: frame.step, referenceCount: Int(frame.referenceCount),
            isCompound: false, isShared: false)
        run.mappedAddress = VirtualAddress(mappedAddress(start, frame.next))
        return run
    }

    /// The address of a page, which is counted from the start of the vmalloc area in 32 bits: modules of
    /// a 64-bit machine lie farther away.
    private func mappedAddress(_ pfn: UInt32, _ page: UInt32) -> UInt64 {
        let near = core.layout.vmallocStart &+ UInt64(page) << 12
        if core.shape.architecture == .i386 { return near }
        let places = (0..<4).map { near &+ UInt64($0) << 44 }
        return places.first { core.walk($0)?.frame == UInt64(pfn) } ?? near
    }

    private func state(of pfn: UInt32) -> FrameRun.State {
        if !core.shape.hasFrame(pfn) { return .absent }
        let frame = core.frames.readable(pfn).pointee
        if pfn == 0 || frame.has(Frame.reserved) { return .reserved }
        if frame.has(Frame.live) { return .allocated }
        if core.slabNumber(of: pfn) != nil { return .slab }
        if frame.has(Frame.mapping) {
            return MappingUse(code: frame.next) == .pageTable ? .pageTable : .vmalloc
        }
        if frame.has(Frame.buddy) { return .free }
        if frame.has(Frame.perCPU) { return .perCPU }
        if unmarked[pfn] != nil { return .unmarked }
        return frame.referenceCount > 0 ? .kernel : .lost
    }

    /// Walks the lists for what a list would hand out although its frame is not marked.
    private static func unmarkedBlocks(_ core: Core) -> [UInt32: BlockShape] {
        var found: [UInt32: BlockShape] = [:]
        for zone in 0..<MachineShape.zoneCount where core.zones[zone].isPopulated {
            for order in 0...Order.largest {
                for type in MigrateType.allCases {
                    let index = Int(type.rawValue)
                    core.forEach(in: core.freeList(zone, order, index)) { pfn in
                        guard core.isLinkedFree(zone, pfn, order: order, type: index),
                            !core.frames.readable(pfn).pointee.has(Frame.buddy)
                        else { return }
                        found[pfn] = BlockShape(order: order, type: type)
                    }
                }
            }
        }
        return found
    }
}

extension Core {
    /// Whether another live block begins inside this one or reaches into it.
    fileprivate func isShared(_ pfn: UInt32, order: UInt32) -> Bool {
        guard isCorrupted else { return false }
        let inside = (pfn + 1)..<(pfn + (1 << order))
        if inside.contains(where: { frames.readable($0).pointee.has(Frame.live) }) { return true }
        guard pfn > 0, let before = liveBlock(covering: pfn - 1) else { return false }
        return before.pfn + (1 << before.order) > pfn
    }
}
