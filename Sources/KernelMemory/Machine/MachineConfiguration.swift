/// What a machine is booted as.
public struct MachineConfiguration: Hashable, Sendable {
    /// The kinds of machine that can be booted.
    public enum Kind: String, CaseIterable, Sendable {
        /// A real 32-bit machine: DMA, Normal and HighMem with the line near 896 MiB.
        case i386
        /// The same rules with 1,024 frames, to be seen whole on one screen.
        case classroom
        /// A real 64-bit machine: DMA, DMA32 and, above 4 GiB, Normal.
        case x86_64
    }

    /// The slab allocator that the kernel was built with.
    public enum SlabAllocator: String, CaseIterable, Sendable {
        /// The one of current kernels.
        case slub
        /// The one of the kernels of the 2.6 series.
        case slab
    }

    /// The kind of machine.
    public var kind: Kind
    /// Size of its memory, in MiB; always 4 for `classroom`.
    public var memoryInMiB: Int
    /// CPUs online, 1...8.
    public var cpuCount: Int
    /// A kernel that was built with its debugging options: `DEBUG_VM`, `DEBUG_PAGEALLOC`,
    /// `DEBUG_VIRTUAL`, `DEBUG_ATOMIC_SLEEP`.
    public var debug: Bool
    /// It boots with `slub_debug=FZPU`, which a kernel with its debugging options does anyway.
    private var asksForChecks = false
    /// Which slab allocator it has.
    public var slab: SlabAllocator
    /// Every cache has its own slabs, also where another one's objects are alike. `slab_nomerge`.
    public var keepsCachesApart = false
    /// What each of its CPUs remembers of its page-table walks.
    public var tlb = TLBShape.usual
    /// Where its first state comes from.
    public private(set) var origin = Origin.boot

    /// Where a machine's first state comes from.
    public enum Origin: Hashable, Sendable {
        /// It boots as the kernel does.
        case boot
        /// It starts in a state that a real machine was in.
        case recording(RecordingDigest)
    }

    /// What makes a configuration impossible.
    public enum Failure: Error, Equatable, Sendable {
        /// The memory size is outside of what this kind of machine can have, in MiB.
        case memory(MiB: Int, allowed: ClosedRange<Int>)
        /// More or fewer CPUs than the model knows.
        case cpus(Int, allowed: ClosedRange<Int>)
        /// A TLB without whole sets, or with too many entries.
        case tlb(TLBShape)
    }

    /// Checks a configuration and completes it with the kind's usual memory size.
    ///
    /// - Throws: ``Failure`` that names what is wrong and what would be right.
    public init(
        kind: Kind = .i386, memoryInMiB: Int? = nil, cpuCount: Int = 1, debug: Bool = false,
        checksObjects: Bool = false, slab: SlabAllocator = .slub, keepsCachesApart: Bool = false,
        tlb: TLBShape = .usual
    ) throws(Failure) {
        let memory = memoryInMiB ?? kind.usualMemoryInMiB
        guard kind.memoryRangeInMiB.contains(memory) else {
            throw .memory(MiB: memory, allowed: kind.memoryRangeInMiB)
        }
        guard Self.cpuRange.contains(cpuCount) else {
            throw .cpus(cpuCount, allowed: Self.cpuRange)
        }
        guard tlb.isValid else { throw .tlb(tlb) }
        self.tlb = tlb
        self.kind = kind
        self.memoryInMiB = memory
        self.cpuCount = cpuCount
        self.debug = debug
        asksForChecks = checksObjects && !debug && slab == .slub
        self.slab = slab
        self.keepsCachesApart = keepsCachesApart
    }

    /// What a recorded machine is; its memory is rounded up to whole MiB.
    public init(_ recording: MachineRecording) {
        kind = recording.architecture == .i386 ? .i386 : .x86_64
        let frames = recording.zones.reduce(0) { $0 + UInt64($1.present) }
        memoryInMiB = Int((frames + 255) >> 8)
        cpuCount = recording.cpuCount
        debug = recording.debug
        slab = recording.slab
        origin = .recording(recording.digest)
    }

    /// Says that the machine is a recorded one, as a journal kept it; nothing is checked.
    package mutating func startsFrom(_ digest: RecordingDigest) { origin = .recording(digest) }

    /// Whether objects have red zones, poison and notes of their users: `slub_debug=FZPU`. The classic
    /// slab allocator knows no such parameter.
    public var checksObjects: Bool { (debug || asksForChecks) && slab == .slub }

    /// How many CPUs a machine can have.
    public static let cpuRange = 1...8
}

extension MachineConfiguration.Kind {
    /// The memory size if none is asked for, in MiB.
    public var usualMemoryInMiB: Int { self == .classroom ? 4 : 1024 }

    /// Memory sizes that it can be booted with, in MiB.
    public var memoryRangeInMiB: ClosedRange<Int> {
        switch self {
        case .i386: 16...3584
        case .classroom: 4...4
        case .x86_64: 32...16384
        }
    }

    /// The instruction set it has.
    public var architecture: Architecture { self == .x86_64 ? .x86_64 : .i386 }
}
