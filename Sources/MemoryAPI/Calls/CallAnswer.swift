import KernelMemory
import MicroHTTPD

/// The answer that every call which changes the machine gets.
extension JSONWriter {
    /// Writes what a call came to.
    ///
    /// - Parameters:
    ///   - call: the last call of the machine.
    ///   - returned: what it returned.
    ///   - machine: the machine behind the call.
    ///   - logLimit: how many lines of the log to write at most.
    ///   - pageLimit: how many pages of a new area to write at most.
    @inline(__always)
    mutating func answer(
        to call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine,
        logLimit: Int = .max, pageLimit: Int = usualAreaPages
    ) {
        object { json in
            if let request = call.request {
                json.pages(call, request, returned, machine)
            } else {
                json.anything(call, returned, machine, pageLimit)
            }
            json.remarks(machine, call, logLimit)
        }
    }

    /// Writes what a call for pages came to: most of all calls, so nothing else is asked here.
    @inline(__always)
    private mutating func pages(
        _ call: KernelCall, _ request: (gfp: GFPFlags, order: UInt32),
        _ returned: Outcome.Returned, _ machine: borrowing Machine
    ) {
        let pfn = machine.frame(returned)
        if pfn != nil { member("id", machine.step) }
        outcome(call, returned, machine, needsMemory: true)
        if let pfn { page(pfn, request.gfp, request.order, machine) }
    }

    /// Writes what any other call came to.
    @inline(never)
    private mutating func anything(
        _ call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine,
        _ pageLimit: Int
    ) {
        let allocated = machine.allocatedObject(call, returned)
        let area = machine.madeArea(call, returned)
        let isMapping = call.mapsPage && returned.isAddress
        if allocated?.allocatedAtStep == machine.step || area != nil || isMapping {
            member("id", machine.step)
        }
        outcome(
            call, returned, machine,
            needsMemory: call.allocatesObject || call.makesArea || call.loadsModule)
        if let allocated { object("object") { json in json.object(allocated, machine) } }
        if let area {
            object("area") { json in json.area(area, machine, pages: 0..<pageLimit) }
        }
        if isMapping { mapping(returned, machine) }
        details(of: call, returned, machine)
        contextRemarks(call, returned, machine)
    }

    /// Writes `mapping`: which page the address stands for that a call returned.
    private mutating func mapping(
        _ returned: Outcome.Returned, _ machine: borrowing Machine
    ) {
        guard case .address(let address) = returned else { return }
        let pfn = machine.mappedFrame(address).flatMap { machine.isMemory($0) ? $0 : nil }
        guard let pfn else { return }
        object("mapping") { json in
            json.mapped(PageFrameNumber(UInt32(pfn)), at: address, machine)
        }
    }

    /// Writes the members that every call has. Memory that was asked for and not given is ENOMEM.
    @inline(__always)
    private mutating func outcome(
        _ call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine,
        needsMemory: Bool
    ) {
        member("step", machine.step)
        key("call")
        self.call(call)
        key("returned")
        self.returned(returned)
        if needsMemory, returned == .null {
            member("errno", literal: "ENOMEM")
        } else {
            memberNull("errno")
        }
    }

    /// Writes what some calls made or measured beside what they returned.
    private mutating func details(
        of call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine
    ) {
        switch call {
        case .kmemCacheCreate: newCache(returned, machine)
        case .access:
            if let report = machine.accessReport { accesses(report) }
        case .dma(let request):
            if let report = machine.dmaReport { transfer(report, request) }
        case .loadModule:
            guard case .address(let address) = returned else { return }
            let module = machine.modules.first { $0.address == address }
            if let module { object("module") { $0.module(module) } }
        default: break
        }
    }

    /// Writes the entry of a batch for a call that found the machine halted, or its CPU spinning, and
    /// did not run.
    mutating func answerWithoutRun(_ call: KernelCall, _ machine: borrowing Machine) {
        object { json in
            json.memberNull("step")
            json.key("call")
            json.call(call)
            json.memberNull("returned")
            json.memberNull("errno")
            json.array("log") { _ in }
            json.array("misuse") { _ in }
            json.halted(machine)
        }
    }

    @inline(__always)
    private mutating func page(
        _ pfn: PageFrameNumber, _ gfp: GFPFlags, _ order: UInt32, _ machine: borrowing Machine
    ) {
        object("page") { json in
            json.block(pfn, order: Int(order), gfp.migrateType, machine)
            json.member("compound", order > 0 && gfp.contains(.comp))
        }
    }

    /// Writes the members that say where a block of pages is.
    @inline(__always)
    mutating func block(
        _ pfn: PageFrameNumber, order: Int, _ type: MigrateType?, _ machine: borrowing Machine
    ) {
        member("pfn", pfn.rawValue)
        member("order", order)
        member("zone", literal: machine.architecture.zoneLiteral(machine.zoneIndex(of: pfn)))
        if let type {
            member("migratetype", literal: type.literal)
        } else {
            memberNull("migratetype")
        }
        member("struct_page", address: machine.pagePointer(of: pfn).rawValue)
        member("physical_address", address: pfn.physicalAddress.rawValue)
        member("address", addressOrNull: machine.address(of: pfn)?.rawValue)
    }

    /// Writes `log`, `misuse` and `halted` of the last call.
    @inline(__always)
    mutating func remarks(
        _ machine: borrowing Machine, _ call: KernelCall, _ logLimit: Int
    ) {
        if _fastPath(!machine.lastCallWasNoted) {
            raw(",\"log\":[],\"misuse\":[],\"halted\":null")
        } else {
            log(machine, call, logLimit)
            halted(machine)
        }
    }

    @inline(never)
    private mutating func log(
        _ machine: borrowing Machine, _ call: KernelCall, _ limit: Int
    ) {
        let step = machine.step
        let lines = machine.log(of: step)
        array("log") { json in
            for line in lines.prefix(limit) { json.text(line.text) }
        }
        if lines.count > limit { member("log_truncated", true) }
        array("misuse") { json in
            for misuse in machine.misuses(of: step) { json.misuse(misuse, by: call) }
        }
    }

    /// Writes `halted`: null, or why the machine runs no more.
    mutating func halted(_ machine: borrowing Machine) {
        if let oops = machine.oops {
            object("halted") { json in json.member("oops", oops) }
        } else {
            memberNull("halted")
        }
    }

    /// Writes one misuse.
    mutating func misuse(_ misuse: Misuse, by call: KernelCall?) {
        object { json in
            json.member("code", misuse.code.rawValue)
            json.member("type", DocumentedCode.misuse(misuse.code).path)
            json.member("step", misuse.step)
            json.memberCall(call)
            json.member("severity", misuse.severity)
            json.member("noticed_by_kernel", misuse.noticedByKernel)
            json.member("explanation", misuse.explanation)
            json.member("pfn", orNull: misuse.pfn?.rawValue)
            json.member("order", misuse.order)
            json.member("expected_order", orNull: misuse.expectedOrder)
            json.member("allocated_at_step", orNull: misuse.allocatedAtStep)
            json.member("freed_at_step", orNull: misuse.freedAtStep)
        }
    }
}

extension Outcome.Returned {
    /// Whether it is an address.
    fileprivate var isAddress: Bool {
        if case .address = self { true } else { false }
    }
}
