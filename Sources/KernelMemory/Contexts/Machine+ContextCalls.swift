/// What CPUs are told and what happens to them, as calls of a machine.
extension Machine {
    @usableFromInline
    mutating func tellCPU(_ event: CPUEvent) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        let outcome = core.tellCPU(event)
        core.finishContextChange()
        return outcome
    }

    @usableFromInline
    mutating func restoreIRQs(_ flags: UInt64) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.restoreIRQs(UInt32(truncatingIfNeeded: flags))
        core.finishContextChange()
        return Outcome(.void)
    }

    @usableFromInline
    mutating func takeLock(_ lock: SpinLock, _ variant: LockVariant) -> Outcome {
        beginCall() ? core.takeLock(lock, variant) : Outcome(.halted)
    }

    @usableFromInline
    mutating func releaseLock(
        _ lock: SpinLock, _ variant: LockVariant, flags: UInt32
    ) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.releaseLock(lock, variant, flags: flags)
        core.finishContextChange()
        return Outcome(.void)
    }

    /// The calls to come run on another CPU, in whatever context that one is.
    @usableFromInline
    mutating func runOn(_ cpu: UInt32) -> Outcome {
        guard beginSwitch() else { return Outcome(.halted) }
        if cpu < UInt32(core.shape.cpuCount) {
            core.control.pointee.cpu = cpu
            core.noteConstraints()
        }
        return Outcome(.void)
    }
}

extension Core {
    fileprivate func tellCPU(_ event: CPUEvent) -> Outcome {
        switch event {
        case .preemptDisable: disablePreemption()
        case .preemptEnable: enablePreemption()
        case .localIRQDisable: setIRQs(off: true)
        case .localIRQEnable: setIRQs(off: false)
        case .localIRQSave: return Outcome(.number(UInt64(saveIRQs())))
        case .localBHDisable: disableBottomHalves()
        case .localBHEnable: enableBottomHalves()
        case .enterIRQ: return Outcome(.number(enterIRQ() ? 1 : 0))
        case .exitIRQ: exitIRQ()
        case .enterSoftirq: return Outcome(.number(enterSoftirq() ? 1 : 0))
        case .exitSoftirq: exitSoftirq()
        case .mightSleep: mightSleep(.caller(control.pointee.step))
        case .schedule: schedule()
        }
        return Outcome(.void)
    }
}

extension SleepPoint {
    /// The caller's own, whose file is the session: the line is the step.
    fileprivate static func caller(_ step: UInt32) -> SleepPoint {
        SleepPoint(place: "kmemlab.c:\(step)", functions: ["step_\(step)"])
    }
}
