/// Devices see physical memory only: no page table, no TLB, nobody who asks whose it is.
extension Core {
    /// Moves bytes between a device and memory.
    ///
    /// - Returns: the bytes moved; NULL if the device's address lines do not reach so far, and then
    ///   nothing has changed. Bounce buffers, which the kernel may use there, are not modelled.
    /// - Complexity: O(bytes).
    ///
    /// The corresponding kernel function is `dma_direct_map_page` (kernel/dma/direct.h, 6.1).
    func transfer(_ request: DMARequest) -> Outcome {
        var report = DMAReport(step: control.pointee.step)
        defer { cold.dmaReport = report }
        guard isReachable(request) else {
            report.isRefused = true
            return refuse(request)
        }
        report.parts = parts(of: request)
        if request.direction == .fromDevice { overwrite(request) }
        noteForeign(report.parts)
        return Outcome(.number(UInt64(request.length)))
    }

    /// The corresponding kernel function is `dma_capable` (include/linux/dma-direct.h, 6.1).
    private func isReachable(_ request: DMARequest) -> Bool {
        if request.length == 0 { return true }
        let (end, overflow) = request.address.rawValue.addingReportingOverflow(
            UInt64(request.length))
        if overflow { return false }
        return request.maskBits >= 64 || (end - 1) >> UInt64(request.maskBits) == 0
    }

    private func refuse(_ request: DMARequest) -> Outcome {
        let mask = request.maskBits >= 64 ? UInt64.max : 1 << UInt64(request.maskBits) - 1
        if cold.warnedOnce.insert(.dmaOverflow).inserted {
            beginWarning()
            printk(
                "kmemlab device: DMA addr \(hexadecimal(request.address.rawValue))"
                    + "+\(request.length) overflow (mask \(String(mask, radix: 16)), bus limit 0).")
            finishWarning(at: "kernel/dma/direct.h:97", in: "dma_map_page_attrs")
        }
        return Outcome(.null)
    }

    private func parts(of request: DMARequest) -> [DMAReport.Part] {
        var parts: [DMAReport.Part] = []
        var address = request.address.rawValue
        let end = address &+ UInt64(request.length)
        while address < end {
            let (owner, ownedEnd) = owner(of: address)
            let stop = min(ownedEnd, end)
            let isMeant =
                owner.isUsable && (parts.first?.owner ?? owner).isSame(as: owner)
                && parts.allSatisfy(\.isMeant) && (parts.isEmpty || !owner.isScattered)
            let length = UInt32(stop - address)
            if let last = parts.last, last.owner == owner, last.isMeant == isMeant {
                parts[parts.count - 1].length += length
            } else {
                parts.append(
                    .init(
                        address: PhysicalAddress(address), length: length, owner: owner,
                        isMeant: isMeant))
            }
            address = stop
        }
        return parts
    }

    private func overwrite(_ request: DMARequest) {
        var address = request.address.rawValue
        let end = address &+ UInt64(request.length)
        while address < end {
            let stop = min(pageEnd(address), end)
            if isMemory(address >> 12) {
                fillBytes(
                    request.byte, count: Int(stop - address), at: PhysicalAddress(address))
            }
            address = stop
        }
    }

    /// Records the first stretch that was not meant.
    private func noteForeign(_ parts: [DMAReport.Part]) {
        guard let foreign = parts.first(where: { !$0.isMeant }) else { return }
        var misuse = Misuse(
            code: .dmaToForeign, step: control.pointee.step,
            pfn: PageFrameNumber(UInt32(truncatingIfNeeded: foreign.address.rawValue >> 12)),
            order: 0, expectedOrder: nil, allocatedAtStep: foreign.owner.step, freedAtStep: nil,
            noticedByKernel: false)
        misuse.owner = foreign.owner
        control.pointee.notedStep = control.pointee.step
        cold.add(misuse)
    }
}

extension MemoryOwner {
    /// Whether anybody can have meant it.
    fileprivate var isUsable: Bool {
        switch self {
        case .pages, .area, .unknown: true
        case .object(_, _, let step): step != nil
        case .noMemory, .reserved, .free, .pageTable: false
        }
    }

    /// Whether what follows it in memory need not follow it in its owner's eyes.
    fileprivate var isScattered: Bool {
        if case .area = self { true } else { false }
    }

    fileprivate func isSame(as other: MemoryOwner) -> Bool {
        switch (self, other) {
        case (.area(let left, _, _), .area(let right, _, _)): left == right
        default: self == other
        }
    }

    /// The step that made it; `nil` if none did.
    public var step: UInt32? {
        switch self {
        case .pages(_, _, let step), .area(_, _, let step): step == 0 ? nil : step
        case .object(_, _, let step): step
        default: nil
        }
    }
}

extension Machine {
    /// What the last transfer of a device touched; `nil` if there was none.
    public var dmaReport: DMAReport? { core.cold.dmaReport }

    @usableFromInline
    mutating func transfer(_ request: DMARequest) -> Outcome {
        beginCall() ? core.transfer(request) : Outcome(.halted)
    }
}
