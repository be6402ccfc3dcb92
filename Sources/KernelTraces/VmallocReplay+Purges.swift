import KernelMemory

/// Addresses, and the purges that they depend on.
///
/// When the kernel's worker purges is the scheduler's affair. In traces that wait for it, it ran while
/// the call freed pages or right after; in others at any time, and then a purge may also be seen half
/// done.
extension VmallocReplay {
    /// Applies a call, with a purge where the trace shows one.
    ///
    /// - Returns: what differs.
    mutating func apply(_ request: KernelCall, _ call: VmallocCall) -> String? {
        let starts = [machine] + alternatives
        alternatives = []
        let first = run(request, call)
        guard let first, request != .vmUnmapAliases else { return first }
        let usual = machine
        for start in starts.dropFirst() {
            machine = start
            if run(request, call) == nil { return nil }
        }
        var purged: [Machine] = []
        for purge in trace.waitsForPurges ? [Purge.afterCall] : Purge.allCases {
            for start in starts {
                machine = start
                if run(request, call, purge) == nil { return nil }
                purged.append(machine)
            }
        }
        machine = usual
        guard !trace.waitsForPurges, isHalfDone(call) else { return first }
        let possible = purged.filter { !call.function.allocates || $0.hasArea(at: call.address) }
        alternatives = Array(possible.prefix(8))
        return nil
    }

    /// When a purge may have been, beside the usual.
    private enum Purge: CaseIterable { case beforeCall, during, afterCall }

    private mutating func run(
        _ request: KernelCall, _ call: VmallocCall, _ purge: Purge? = nil
    ) -> String? {
        let worker: VmapWorker = trace.waitsForPurges ? .prompt : .absent
        switch purge {
        case .beforeCall: _ = machine.apply(.vmUnmapAliases)
        case .during: machine.schedule(.prompt)
        case .afterCall where trace.waitsForPurges: machine.schedule(.afterCall)
        default: break
        }
        let misuses = machine.misuseCount
        let outcome = machine.apply(request)
        if purge == .afterCall, !trace.waitsForPurges { _ = machine.apply(.vmUnmapAliases) }
        if purge == .during || purge == .afterCall { machine.schedule(worker) }
        if machine.isHalted { return "the model halts" }
        if machine.misuseCount > misuses, let misuse = machine.misuses.last {
            return "the model calls it \(misuse.code.rawValue)"
        }
        if call.function.allocates, outcome.address != call.address {
            return "model \(VirtualAddress(outcome.address)), kernel "
                + "\(VirtualAddress(call.address))"
        }
        return lazyDifference(call)
    }

    private func lazyDifference(_ call: VmallocCall) -> String? {
        guard let lazy = call.lazyPages, let count = call.unpurgedCount else { return nil }
        let model = machine.vmapRecording
        if model.lazyPages != lazy { return "lazy, model \(model.lazyPages), kernel \(lazy)" }
        return model.unpurged.count == count
            ? nil : "npurge, model \(model.unpurged.count), kernel \(count)"
    }

    /// Whether a trace that waits for no purge shows one in its middle: the list is taken, but not all
    /// of its pages are counted off.
    private func isHalfDone(_ call: VmallocCall) -> Bool {
        guard let lazy = call.lazyPages, let count = call.unpurgedCount else { return false }
        return lazy > 0 && lazy < machine.vmapRecording.lazyPages && count <= 2
            && (!call.function.allocates || machine.hasArea(at: call.address))
    }
}

extension Machine {
    fileprivate func hasArea(at address: UInt64) -> Bool {
        vmapRecording.areas.contains { $0.range.start == address }
    }
}
