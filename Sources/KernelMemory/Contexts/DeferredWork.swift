/// What waits until a CPU's task gives way.
extension Core {
    /// Ends a call after which others may have got to run: woken tasks, and what interrupts put off.
    @inline(__always)
    func finishContextChange() {
        if cold.contexts.hasDeferred { runDeferred() }
    }

    @inline(never)
    private func runDeferred() {
        resumeWaiters()
        let cpu = Int(control.pointee.cpu)
        guard cold.contexts.cpus[cpu].mayGiveWay else { return }
        freeDeferred(ofCPU: cpu)
    }

    /// Takes down the end of a call that had begun in an earlier step.
    func noteResumption(
        of callStep: UInt32, pid: UInt32, on cpu: UInt32, _ returned: Outcome.Returned
    ) {
        let step = control.pointee.step
        if cold.contexts.resumed.last?.step != step { cold.contexts.resumed = [] }
        cold.contexts.resumed.append(
            Resumption(
                step: step, callStep: callStep, pid: pid, cpu: Int(cpu), returned: returned))
        control.pointee.notedStep = step
    }
}

extension Contexts {
    fileprivate var hasDeferred: Bool {
        cpus.contains { $0.lastDeferredFree != 0 } || waitingForSlot.contains(where: \.isAwake)
    }
}
