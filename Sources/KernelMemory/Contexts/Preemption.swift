/// Keeping the CPU: nobody else runs on it until it is given free again.
extension Core {
    /// The corresponding kernel function is `preempt_disable` (include/linux/preempt.h, 6.1).
    func disablePreemption() {
        changeContext {
            $0.preemptDepth += 1
            if countsPreemption { $0.count.add(PreemptCount.preempt) }
        }
        explain(
            .preemptionOff,
            ["cpu": control.pointee.cpu, "depth": Int(context.preemptDepth)])
    }

    /// Enables it again; once too often is recorded, and counts below zero where the kernel counts.
    ///
    /// The corresponding kernel function is `preempt_enable` (include/linux/preempt.h, 6.1).
    func enablePreemption() {
        if context.preemptDepth <= 0 { noteMisuse(.preemptUnbalanced, at: nil) }
        changeContext {
            $0.preemptDepth = max(0, $0.preemptDepth - 1)
            if countsPreemption { $0.count.subtract(PreemptCount.preempt) }
        }
        explain(
            .preemptionOn,
            ["cpu": control.pointee.cpu, "depth": Int(context.preemptDepth)])
    }

    /// The corresponding kernel function is `local_bh_disable` (include/linux/bottom_half.h, 6.1).
    func disableBottomHalves() {
        changeContext {
            $0.bottomHalfDepth += 1
            $0.count.add(PreemptCount.softirqDisable)
        }
    }

    /// The corresponding kernel function is `__local_bh_enable_ip` (kernel/softirq.c, 6.1).
    func enableBottomHalves() {
        if context.bottomHalfDepth <= 0 { noteMisuse(.preemptUnbalanced, at: nil) }
        if context.count.isInHardirq {
            warnOnce(.bottomHalvesInHardirq, at: "kernel/softirq.c:400", in: "__local_bh_enable_ip")
        }
        changeContext {
            $0.bottomHalfDepth = max(0, $0.bottomHalfDepth - 1)
            $0.count.subtract(PreemptCount.softirqDisable)
        }
    }
}
