import KernelMemory

/// Finds out what the rest of the kernel did with pages between two calls of a trace.
///
/// vmalloc traces ran with interrupts on. Where a call got other pages than the model gives it, the
/// call is tried again after each of a few things that another task may have done; the first that
/// makes everything exact is taken for what happened.
enum OtherTasks {
    /// One of those things.
    enum Deed: CustomStringConvertible {
        case allocated(GFPFlags, order: UInt32, count: Int)
        case freed(UInt32)

        var description: String {
            switch self {
            case .allocated(let gfp, let order, let count):
                "allocated \(count) of order \(order) with \(gfp)"
            case .freed(let pfn): "freed pfn \(pfn)"
            }
        }
    }

    /// What may have happened, the likeliest first.
    ///
    /// - Parameter pfns: the frames that the call got, of which one may have been somebody else's.
    static func deeds(_ pfns: [UInt32], before machine: Machine) -> [Deed] {
        var deeds: [Deed] = []
        for count in 1...8 { deeds.append(.allocated(.kernel, order: 0, count: count)) }
        for pfn in pfns.prefix(2) {
            guard pfn < machine.frameEnd else { continue }
            let run = machine.frameRun(at: PageFrameNumber(pfn))
            if run.state == .kernel || run.state == .allocated { deeds.append(.freed(pfn)) }
        }
        for order: UInt32 in 1...3 { deeds.append(.allocated(.kernel, order: order, count: 1)) }
        let others: [GFPFlags] = [.highUserMovable, [.kernel, .reclaimable]]
        for gfp in others {
            for count in 1...4 { deeds.append(.allocated(gfp, order: 0, count: count)) }
        }
        return deeds
    }
}

extension Machine {
    /// Does what another task is thought to have done; `false` if it cannot have.
    mutating func perform(_ deed: OtherTasks.Deed) -> Bool {
        switch deed {
        case .freed(let pfn):
            let frame = PageFrameNumber(pfn)
            // A block that a caller owns is one that such a task took before.
            guard frameRun(at: frame).order == 0 else { return freeForOther(frame, order: 0) }
            _ = apply(.freePageOf(pagePointer(of: frame)))
            return true
        case .allocated(let gfp, let order, let count):
            for _ in 0..<count where pfn(of: apply(.allocPages(gfp, order: order))) == nil {
                return false
            }
            return true
        }
    }
}
