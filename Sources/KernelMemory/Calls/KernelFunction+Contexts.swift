/// The functions that change what a CPU may do, and events that do.
extension KernelFunction {
    static let contextFunctions: [KernelFunction] =
        CPUEvent.allCases.map { event in .init(event.rawValue, []) { _ in .cpu(event) } }
        + [
            .init("local_irq_restore", [("flags", .flags)]) {
                .localIRQRestore(flags: $0[0].number)
            }
        ]
        + LockVariant.allCases.flatMap { [locking($0), unlocking($0)] }

    private static func locking(_ variant: LockVariant) -> KernelFunction {
        .init("spin_lock" + variant.lockSuffix, [("lock", .lock)]) {
            .spinLock(SpinLock(name: $0[0].text), variant)
        }
    }

    private static func unlocking(_ variant: LockVariant) -> KernelFunction {
        let name = "spin_unlock" + variant.unlockSuffix
        if variant != .irqsave {
            return .init(name, [("lock", .lock)]) {
                .spinUnlock(SpinLock(name: $0[0].text), variant, flags: 0)
            }
        }
        return .init(name, [("lock", .lock), ("flags", .flags)]) {
            .spinUnlock(SpinLock(name: $0[0].text), variant, flags: UInt32($0[1].number))
        }
    }
}
