import KernelMemory

/// What callers have not freed.
struct LiveMemory {
    let blocks: LiveBlocks
    /// What kmalloc and caches gave, by the step that allocated it.
    let objects: [ObjectSnapshot]
    /// Areas of vmalloc, by the step that made them.
    let areas: [VmAreaSnapshot]

    /// Permanent mappings, by the step that made them.
    let uses: [KmapPoolSnapshot.Use]
    /// Temporary mappings, by the step that made them.
    let temporary: [TemporaryMappingSnapshot]
    let contexts: ContextsSnapshot
    /// Misuses that the kernel said nothing about.
    let unnoticedCount: Int
    /// Misuses that are calls in a context where they must not be made.
    let contextViolations: Int

    init(_ view: SessionView) {
        uses = view.machine.kmapUses
        temporary = view.machine.temporaryMappings
        contexts = view.machine.contexts
        let misuses = view.machine.misuses
        unnoticedCount = misuses.count { !$0.noticedByKernel }
        contextViolations = misuses.count { $0.code.isContextViolation }
        blocks = view.liveBlocks
        areas = view.liveAreas.sorted { $0.step < $1.step }
        objects = (view.machine.liveKMallocs + view.machine.liveCacheObjects).sorted {
            ($0.allocatedAtStep, $0.address) < ($1.allocatedAtStep, $1.address)
        }
    }

    /// Bytes of the objects, as they were asked for.
    var byteCount: UInt64 { objects.reduce(0) { $0 + $1.requestedBytes } }
    /// Bytes of the areas, as they were asked for.
    var areaByteCount: UInt64 { areas.reduce(0) { $0 + $1.requestedBytes } }

    /// The steps that made mappings which nobody gave up.
    var mappingSteps: [UInt32] { (uses.map(\.step) + temporary.map(\.step)).sorted() }

    /// Each allocation and mapping that nobody gave back: the step that made it, and its bytes.
    var allocations: [(step: UInt32, bytes: UInt64)] {
        blocks.all.map { ($0.step, UInt64($0.count) << 12) }
            + objects.map { ($0.allocatedAtStep, $0.requestedBytes) }
            + areas.map { ($0.step, $0.requestedBytes) } + mappingSteps.map { ($0, 0) }
    }

    /// Mappings that nobody gave up.
    var mappingCount: Int { uses.count + temporary.count }

    func summary(_ machine: Machine) -> String {
        let misuses =
            machine.misuseCount == 0
            ? "no misuse"
            : "\(counted(machine.misuseCount, "misuse")), \(unnoticedCount) unnoticed by the kernel"
        let halted = machine.isHalted ? "; the machine is halted" : ""
        return "\(leaks)\(balance); \(misuses)\(halted)."
    }

    /// What was mapped and what was disabled, behind a semicolon each.
    private var balance: String {
        var parts: [String] = []
        if mappingCount > 0 { parts.append(counted(mappingCount, "mapping") + " not given up") }
        let disabled = contexts.cpus.indices.flatMap(disabled(on:))
        if !disabled.isEmpty {
            let calls = disabled.map { "\($0.call) without \($0.missing)" }
            parts.append(calls.joined(separator: ", "))
        }
        if !contexts.waiting.isEmpty {
            parts.append(counted(contexts.waiting.count, "task") + " asleep in kmap")
        }
        return parts.map { "; " + $0 }.joined()
    }

    private var leaks: String {
        var parts: [String] = []
        if blocks.count > 0 {
            parts.append(
                counted(blocks.count, "block") + " (\(counted(blocks.pageCount, "page")))")
        }
        if !objects.isEmpty {
            parts.append(
                counted(objects.count, "object") + " (\(counted(Int(byteCount), "byte")))")
        }
        if !areas.isEmpty {
            parts.append(
                counted(areas.count, "area") + " of vmalloc ("
                    + counted(Int(areaByteCount), "byte") + ")")
        }
        if parts.isEmpty { return "No allocation is left" }
        return parts.dropLast().joined(separator: ", ") + (parts.count > 1 ? " and " : "")
            + parts[parts.count - 1] + " not freed"
    }
}

/// A number with its noun: `1 block`, `2 blocks`.
func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}

// MARK: - What CPUs were told and not told back

extension LiveMemory {
    /// Calls on a CPU that their counterpart has not answered.
    struct Unbalanced {
        /// The CPU that made the call; `nil` if any may answer it.
        let cpu: Int?
        /// The call.
        let call: String
        /// The one that is missing.
        let missing: String
        let count: Int
    }

    /// All of them, by CPU, the outermost first; then those that any CPU may answer.
    var unbalanced: [Unbalanced] {
        contexts.cpus.indices.flatMap { disabled(on: $0) + mapped(on: $0) } + mappedForAll
    }

    /// Temporary mappings of one CPU.
    private func mapped(on cpu: Int) -> [Unbalanced] {
        let own = temporary.filter { $0.cpu == cpu }
        let local = own.count { $0.isLocal }
        return [
            Unbalanced(
                cpu: cpu, call: "kmap_atomic", missing: "kunmap_atomic", count: own.count - local),
            Unbalanced(cpu: cpu, call: "kmap_local_page", missing: "kunmap_local", count: local),
        ].filter { $0.count > 0 }
    }

    private var mappedForAll: [Unbalanced] {
        uses.isEmpty
            ? [] : [Unbalanced(cpu: nil, call: "kmap", missing: "kunmap", count: uses.count)]
    }

    private func disabled(on cpu: Int) -> [Unbalanced] {
        let context = contexts.cpus[cpu]
        let areIRQsOff =
            context.areIRQsOff && !context.interrupts.contains(.hardirq)
            && context.lockVariants.allSatisfy { $0 == .plain || $0 == .bh }
        let counts: [(String, String, Int)] = [
            ("preempt_disable", "preempt_enable", context.ownPreemptDepth),
            ("local_bh_disable", "local_bh_enable", context.ownBottomHalfDepth),
            ("local_irq_disable", "local_irq_enable", areIRQsOff ? 1 : 0),
            ("enter_softirq", "exit_softirq", context.interrupts.count { $0 == .softirq }),
            ("enter_irq", "exit_irq", context.interrupts.count { $0 == .hardirq }),
        ]
        let locks = context.locks.map { lock in
            (
                "spin_lock\(lock.variant.lockSuffix)(\(lock.name))",
                "spin_unlock\(lock.variant.unlockSuffix)(\(lock.name))", 1
            )
        }
        return (counts + locks).filter { $0.2 > 0 }.map {
            Unbalanced(cpu: cpu, call: $0.0, missing: $0.1, count: $0.2)
        }
    }
}
