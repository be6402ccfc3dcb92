/// What all CPUs are doing at some moment.
public struct ContextsSnapshot: Hashable, Sendable {
    /// One CPU.
    public struct CPU: Hashable, Sendable {
        /// The task that runs there, or that was interrupted.
        public let pid: UInt32
        /// The interrupts that it is in, the outermost first.
        public let interrupts: [InterruptKind]
        /// How often preemption was disabled and not enabled again.
        public let preemptDepth: Int
        /// The same of softirqs.
        public let bottomHalfDepth: Int
        /// Both as they were when the innermost interrupt came; `nil` outside of interrupts.
        public let depthsBefore: Depths?
        /// Whether interrupts are off.
        public let areIRQsOff: Bool
        /// The kernel's own count of all that.
        public let count: PreemptCount
        /// Temporary mappings of high memory on its task's stack. `kmap_ctrl.idx`
        public let localMappingCount: Int
        /// The locks that it holds, the oldest first.
        public let locks: [Lock]
        /// Atomic mappings that were made on it and not given up.
        public let atomicMappings: Int
        /// The lock that it spins for; `nil` if it runs.
        public let spinsFor: String?
        /// What else that call switched off; `nil` if it does not spin.
        public let spinVariant: LockVariant?
        /// What `vfree` will free when its task gives way.
        public fileprivate(set) var deferredFrees: [VirtualAddress] = []
        /// Tasks that could run here, the next one first.
        public let runnable: [UInt32]

        /// How often something was disabled and not enabled again.
        public struct Depths: Hashable, Sendable {
            /// Preemption, spin locks and atomic mappings included.
            public let preemption: Int
            /// Softirqs.
            public let bottomHalves: Int
        }

        /// What the locks' functions switched off, those that it holds and the one that it spins for.
        public var lockVariants: [LockVariant] {
            locks.map(\.variant) + (spinVariant.map { [$0] } ?? [])
        }

        /// How often preemption was disabled by itself: locks and atomic mappings keep the CPU, too.
        public var ownPreemptDepth: Int { preemptDepth - lockVariants.count - atomicMappings }

        /// How often softirqs were disabled by themselves: some locks keep them away, too.
        public var ownBottomHalfDepth: Int { bottomHalfDepth - lockVariants.count { $0 == .bh } }

        /// Whether a call that sleeps is allowed.
        public var maySleep: Bool { reasonsNotToSleep.isEmpty && spinsFor == nil }
        /// Why it is not, in the words of the rules; empty if it is.
        public var reasonsNotToSleep: [String] {
            let reasons: [(Bool, String)] = [
                (interrupts.contains(.hardirq), "it serves an interrupt"),
                (interrupts.contains(.softirq), "it serves a softirq"),
                (areIRQsOff && !interrupts.contains(.hardirq), "interrupts are off"),
                (!locks.isEmpty, "it holds the spin lock \(locks.last?.name ?? "")"),
                (bottomHalfDepth > 0, "softirqs are disabled"),
                (atomicMappings > 0, "it holds a mapping of kmap_atomic"),
                (preemptDepth > locks.count + atomicMappings, "preemption is disabled"),
            ]
            return reasons.filter(\.0).map(\.1)
        }
    }

    /// A spin lock that is held.
    public struct Lock: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// What else its function switched off.
        public let variant: LockVariant
        /// The CPU that took it.
        public let cpu: Int
        /// The task that took it.
        public let pid: UInt32
        /// The step in which they did.
        public let step: UInt32
    }

    /// A task that sleeps in the middle of a call.
    public struct Waiting: Hashable, Sendable {
        /// Its number.
        public let pid: UInt32
        /// The CPU that it ran on.
        public let cpu: Int
        /// The step of the call.
        public let step: UInt32
    }

    /// All CPUs, by their number.
    public let cpus: [CPU]
    /// All spin locks that are held, the oldest first.
    public let locks: [Lock]
    /// Tasks that wait for a slot of `kmap`, the first one first.
    public let waiting: [Waiting]
}

extension Machine {
    /// What all CPUs are doing.
    public var contexts: ContextsSnapshot {
        let contexts = core.cold.contexts
        let locks = contexts.locks.map { ContextsSnapshot.Lock($0) }
        return ContextsSnapshot(
            cpus: contexts.cpus.indices.map { cpu in
                var snapshot = ContextsSnapshot.CPU(contexts, cpu, locks, core.cold.kmaps)
                snapshot.deferredFrees = core.deferredFrees(ofCPU: cpu).map { VirtualAddress($0) }
                return snapshot
            },
            locks: locks,
            waiting: contexts.waitingForSlot.map {
                .init(pid: $0.task.pid, cpu: Int($0.cpu), step: $0.step)
            })
    }

    /// Whether the current CPU spins for a lock, so that it runs no calls.
    public var isSpinning: Bool { core.control.pointee.state & Control.spinning != 0 }

    /// The calls of earlier steps that came to their end in a step.
    public func resumptions(of step: UInt32) -> [Resumption] {
        core.cold.contexts.resumed.filter { $0.step == step }
    }
}

extension Core {
    /// Why the current CPU must not sleep, in words.
    var reasonNotToSleep: String {
        let cpu = Int(control.pointee.cpu)
        let locks = cold.contexts.locks.map { ContextsSnapshot.Lock($0) }
        return ContextsSnapshot.CPU(cold.contexts, cpu, locks, cold.kmaps).reasonsNotToSleep
            .joined(separator: ", ")
    }
}

extension ContextsSnapshot.Lock {
    fileprivate init(_ held: Contexts.HeldLock) {
        name = held.lock.name
        variant = held.variant
        cpu = Int(held.cpu)
        pid = held.pid
        step = held.step
    }
}

extension ContextsSnapshot.CPU {
    fileprivate init(
        _ contexts: Contexts, _ cpu: Int, _ locks: [ContextsSnapshot.Lock], _ kmaps: KmapPool
    ) {
        let context = contexts.cpus[cpu]
        pid = context.task.pid
        interrupts = context.interrupts.map(\.kind)
        preemptDepth = Int(context.preemptDepth)
        bottomHalfDepth = Int(context.bottomHalfDepth)
        depthsBefore = context.interrupts.last.map {
            Depths(preemption: Int($0.preemptDepth), bottomHalves: Int($0.bottomHalfDepth))
        }
        areIRQsOff = context.areIRQsOff
        count = context.count
        localMappingCount = context.task.localEntries.count
        self.locks = locks.filter { $0.cpu == cpu }
        atomicMappings = kmaps.temporary.count { $0.cpu == UInt32(cpu) && $0.kind != .local }
        spinsFor = context.spin?.lock.name
        spinVariant = context.spin?.variant
        runnable = contexts.runnable.filter { $0.cpu == UInt32(cpu) }.map(\.task.pid)
    }
}
