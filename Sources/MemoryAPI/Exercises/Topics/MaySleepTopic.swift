import KernelMemory

/// Which calls are made where nobody may sleep.
enum MaySleepTopic: ExerciseTopic {
    static let id = "may-sleep"
    static let title = "May this call sleep here"
    static let summary =
        "A CPU takes locks, serves interrupts, and asks for memory: which of its calls break the rules."
    static let telling: Set<Decision.Code>? = [
        .maySleep, .mustNotSleep, .willNotSleep, .preemptionOff, .preemptionOn, .vfreePutOff,
    ]

    /// Why a CPU must not sleep.
    static let reasons = [
        "hardirq", "softirq", "irqs-off", "spin-lock", "bh-disabled", "kmap-atomic",
        "preempt-disabled",
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        var program = SleepProgram(ExerciseScript(.classroom, machines))
        program.run(level, &random)
        let script = program.script
        return Exercise(
            prompt:
                "A CPU makes these calls; its lines are numbered from 1. The kernel has no checks and "
                + "says nothing. Which lines may sleep, by what they promise, where the CPU must not?",
            script: script, parts: program.parts,
            hints: [
                "A request for memory may sleep if its mask has __GFP_DIRECT_RECLAIM: GFP_KERNEL, GFP_NOFS "
                    + "and GFP_NOIO do, GFP_ATOMIC and GFP_NOWAIT do not. vmalloc always may.",
                "Must not sleep: who holds a spin lock or a mapping of kmap_atomic, has preemption, softirqs "
                    + "or interrupts off, or serves an interrupt. Giving memory back does not sleep, but for "
                    + "vfree; in an interrupt that is put off.",
            ],
            solution: program.solution, isWorthwhile: program.isWorthwhile(level))
    }
}

/// Parts of code, some of which must not sleep.
private struct SleepProgram {
    /// Where a part of code runs: how it begins and how it ends.
    private struct Section {
        let begin: String
        let end: String
        /// What the result of the beginning is called, if the end needs it.
        var result: String?
        /// Whether it is an interrupt: vmalloc ends the machine there.
        var isInterrupt = false
        /// Whether interrupts are off: none begins there.
        var areIRQsOff = false
    }

    private(set) var script: ExerciseScript
    /// Why the CPU must not sleep, for each line, before it.
    private var reasons: [[String]] = []
    private var nameCount = 0
    private var areas: [String] = []
    private var objects: [String] = []

    init(_ script: ExerciseScript) {
        self.script = script
        // Something to free, and a page to map.
        self.script.run("kmalloc(100, GFP_KERNEL)", as: "object")
        self.script.run("vmalloc(5000)", as: "area")
        self.script.run("alloc_page(GFP_HIGHUSER)", as: "page")
        self.script.beginCalls()
        objects = ["object"]
        areas = ["area"]
    }

    private mutating func add(_ text: String, as name: String? = nil) {
        reasons.append(script.machine.contexts.cpus[0].reasonsNotToSleep)
        script.run(text, as: name)
    }

    mutating func run(_ level: Int, _ random: inout ExerciseRandom) {
        let sections = level == 1 ? 1 : 2
        for _ in 0..<sections {
            if random.isOne(in: 2) { act(inInterrupt: false, &random) }
            let outer = random.pick(Self.sections(level))
            section(outer, &random) { program, random in
                program.act(inInterrupt: outer.isInterrupt, &random)
                if level == 3, random.isOne(in: 2) {
                    let inner = random.pick(Self.nested.filter { $0.begin != outer.begin })
                    program.section(inner, &random) { program, random in
                        program.act(inInterrupt: outer.isInterrupt, &random)
                    }
                }
                program.act(inInterrupt: outer.isInterrupt, &random)
            }
        }
        act(inInterrupt: false, &random)
    }

    private mutating func section(
        _ section: Section, _ random: inout ExerciseRandom,
        _ body: (inout SleepProgram, inout ExerciseRandom) -> Void
    ) {
        add(section.begin, as: section.result)
        body(&self, &random)
        add(section.end)
    }

    private static let nested = [
        Section(begin: "preempt_disable()", end: "preempt_enable()"),
        Section(begin: "spin_lock(queue)", end: "spin_unlock(queue)"),
    ]

    private static func sections(_ level: Int) -> [Section] {
        let simple = [
            Section(begin: "spin_lock(lock)", end: "spin_unlock(lock)"),
            Section(begin: "preempt_disable()", end: "preempt_enable()"),
            Section(begin: "local_irq_disable()", end: "local_irq_enable()", areIRQsOff: true),
            Section(begin: "enter_irq()", end: "exit_irq()", isInterrupt: true),
        ]
        if level == 1 { return simple }
        return simple + [
            Section(begin: "spin_lock_bh(lock)", end: "spin_unlock_bh(lock)", isInterrupt: true),
            Section(begin: "spin_lock_irq(lock)", end: "spin_unlock_irq(lock)", areIRQsOff: true),
            Section(begin: "enter_softirq()", end: "exit_softirq()", isInterrupt: true),
            Section(begin: "kmap_atomic($page)", end: "kunmap_atomic($address)", result: "address"),
        ]
    }

    /// Does something that may sleep, or that only looks so.
    private mutating func act(inInterrupt: Bool, _ random: inout ExerciseRandom) {
        let mask = random.pick(["GFP_KERNEL", "GFP_ATOMIC", "GFP_NOWAIT", "GFP_NOIO", "GFP_NOFS"])
        switch random.number(0...6) {
        case 0, 1: objects.append(allocate("kmalloc(\(random.number(10...500)), \(mask))"))
        case 2: add("alloc_pages(\(mask), \(random.number(0...2)))", as: nextName())
        case 3 where !inInterrupt:
            areas.append(allocate("vmalloc(\(random.number(5_000...9_000)))"))
        case 4 where !areas.isEmpty: add("vfree($\(areas.removeLast()))")
        case 5 where !objects.isEmpty: add("kfree($\(objects.removeLast()))")
        case 6: add("kmap($page)", as: nextName())
        default: add("__get_free_page(\(mask))", as: nextName())
        }
    }

    private mutating func nextName() -> String {
        nameCount += 1
        return "p\(nameCount)"
    }

    private mutating func allocate(_ text: String) -> String {
        let name = nextName()
        add(text, as: name)
        return name
    }
}

extension SleepProgram {
    private var calls: [ExerciseScript.Line] { Array(script.calls) }

    /// Lines that break the rule, from 1 on.
    private var bugs: [UInt64] {
        calls.enumerated().filter { _, line in
            script.machine.misuses(of: line.step).contains { $0.code == .sleepInAtomic }
        }.map { UInt64($0.offset + 1) }
    }

    /// Lines that a careless reader takes for bugs: every request for memory where one must not sleep.
    private var requests: [UInt64] {
        calls.indices.filter { !reasons[$0].isEmpty && calls[$0].text.contains("alloc") }
            .map { UInt64($0 + 1) }
    }

    /// The bugs that have a mask to be seen by.
    private var masked: [UInt64] {
        bugs.filter { calls[Int($0) - 1].text.contains("GFP_") }
    }

    private func words(_ line: UInt64) -> [String] {
        let told = reasons[Int(line) - 1]
        let known = [
            ("it serves an interrupt", "hardirq"), ("it serves a softirq", "softirq"),
            ("interrupts are off", "irqs-off"), ("it holds the spin lock", "spin-lock"),
            ("softirqs are disabled", "bh-disabled"),
            ("it holds a mapping of kmap_atomic", "kmap-atomic"),
            ("preemption is disabled", "preempt-disabled"),
        ]
        let words = known.filter { known in told.contains { $0.hasPrefix(known.0) } }.map(\.1)
        // A lock of the variant _bh says it of both; the lock's name is enough.
        return words.contains("spin-lock") ? words.filter { $0 != "bh-disabled" } : words
    }

    func isWorthwhile(_ level: Int) -> Bool {
        let others = script.machine.misuses.contains { $0.code != .sleepInAtomic }
        let innocent = calls.indices.contains { index in
            !reasons[index].isEmpty && !bugs.contains(UInt64(index + 1)) && calls[index].name != nil
        }
        return !script.machine.isHalted && !others && bugs.count >= (level == 1 ? 1 : 2)
            && (level == 1 || innocent) && script.calls.count <= 16
            && calls.allSatisfy { $0.outcome.returned != .blocked }
    }

    var parts: [ExercisePart] {
        let first = bugs.first
        return [
            ExercisePart(
                "lines", "Which lines break the rule?", .lines(script.calls.count), .numbers(bugs),
                weight: 2,
                why: bugs.map { "line \($0): \(told($0))" }.joined(separator: "; ") + ".",
                traps: [
                    (.everyRequest, .numbers(requests)), (.masksOnly, .numbers(masked)),
                    (.nothingSleeps, .numbers([])),
                ]),
            ExercisePart(
                "reasons",
                "Why must the CPU not sleep at the first of these lines? Name what was done, not what "
                    + "follows from it: a spin lock disables preemption, too, but is named alone; "
                    + "spin_lock_irq is two things.",
                .selection(MaySleepTopic.reasons), .words(first.map(words) ?? []),
                why: first.map { "At line \($0) \(told($0))." } ?? "No line breaks the rule.",
                traps: [(.preemptionNamed, first.map { .words(words($0) + ["preempt-disabled"]) })]),
        ]
    }

    private func told(_ line: UInt64) -> String {
        reasons[Int(line) - 1].joined(separator: " and ")
    }

    var solution: [String] {
        bugs.map { "Line \($0), \(calls[Int($0) - 1].source) may sleep, but \(told($0))." }
    }
}
