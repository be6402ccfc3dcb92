/// Questions that every answer to a call asks; each costs a few instructions.
extension Machine {
    /// Whether no call runs any more.
    public var isHalted: Bool { core.control.pointee.state & Control.halted != 0 }

    /// Whether the current CPU runs no calls: the machine is halted, or the CPU spins.
    public var isStopped: Bool { core.control.pointee.state & Control.stopped != 0 }

    /// Whether the call of the last step printed to the log or broke a rule.
    public var lastCallWasNoted: Bool {
        core.control.pointee.notedStep == core.control.pointee.step && step > 0
    }

    /// Index of the zone that a frame number falls into, in the order of the kernel's zone types.
    public func zoneIndex(of pfn: PageFrameNumber) -> Int { core.zoneIndex(of: pfn.rawValue) }
}
