import KernelMemory
import MicroHTTPD

/// The answer that every call which changes the machine gets.
extension JSONWriter {
    /// Writes what a call came to.
    ///
    /// - Parameters:
    ///   - call: the last call of the machine.
    ///   - returned: what it returned.
    ///   - allocated: the object that it allocated or resized, if it did.
    ///   - machine: the machine behind the call.
    ///   - logLimit: how many lines of the log to write at most.
    ///   - pageLimit: how many pages of a new area to write at most.
    @inline(__always)
    mutating func answer(
        to call: KernelCall, _ returned: Outcome.Returned, _ allocated: ObjectSnapshot?,
        _ machine: borrowing Machine, logLimit: Int = .max, pageLimit: Int = usualAreaPages
    ) {
        object { json in
            let block = call.request.flatMap { request in
                machine.frame(returned).map { (pfn: $0, request: request) }
            }
            let area = machine.madeArea(call, returned)
            if block != nil || allocated?.allocatedAtStep == machine.step || area != nil {
                json.member("id", machine.step)
            }
            json.member("step", machine.step)
            json.key("call")
            json.call(call)
            json.key("returned")
            json.returned(returned)
            json.errno(of: call, returned)
            if let block { json.page(block.pfn, block.request.gfp, block.request.order, machine) }
            if let allocated {
                json.object("object") { json in json.object(allocated, machine) }
            }
            if let area {
                json.object("area") { json in json.area(area, machine, pages: 0..<pageLimit) }
            }
            json.details(of: call, returned, machine)
            json.remarks(machine, call, logLimit)
        }
    }

    /// Writes what some calls made or measured beside what they returned.
    @inline(__always)
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

    /// Writes the entry of a batch for a call that found the machine halted and did not run.
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

    /// Writes `errno`: memory that was asked for and not given is ENOMEM.
    @inline(__always)
    private mutating func errno(of call: KernelCall, _ returned: Outcome.Returned) {
        if returned == .null,
            call.isAllocation || call.allocatesObject || call.makesArea || call.loadsModule
        {
            member("errno", literal: "ENOMEM")
        } else {
            memberNull("errno")
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
            json.member("step", misuse.step)
            json.memberCall(call)
            json.member("severity", misuse.code.severity)
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
