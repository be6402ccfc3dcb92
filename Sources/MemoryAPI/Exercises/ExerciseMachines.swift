import KernelMemory

/// The machines that problems are about.
///
/// They are those that sessions boot from, so that they cost no memory of their own, and one with the
/// classic slab allocator.
struct ExerciseMachines: Sendable {
    /// Which machine.
    enum Kind: String, CaseIterable, Sendable {
        /// 1,024 frames.
        case classroom
        /// The same with the classic slab allocator.
        case classicClassroom
        /// A PC with 1 GiB, 32 bits.
        case i386
        /// A PC with 1 GiB, 64 bits.
        case x86_64
    }

    private let images: BootImageCache
    private let classic: SharedImage

    init(_ images: BootImageCache) {
        self.images = images
        classic = SharedImage(Kind.classicClassroom.configuration)
    }

    /// A machine that has just booted.
    ///
    /// - Complexity: O(frames) the first time, then that of a copy.
    func boot(_ kind: Kind) -> Machine {
        let image = kind == .classicClassroom ? classic : images.usualImage(kind.configuration)
        do throws(RecordingError) { return Machine(booting: try image.booted()) } catch {
            preconditionFailure("only a recording can contradict itself")
        }
    }
}

extension ExerciseMachines.Kind {
    /// The kind of machine that a session boots.
    var kind: MachineConfiguration.Kind {
        switch self {
        case .classroom, .classicClassroom: .classroom
        case .i386: .i386
        case .x86_64: .x86_64
        }
    }

    /// The slab allocator.
    var slab: MachineConfiguration.SlabAllocator { self == .classicClassroom ? .slab : .slub }

    /// What it is booted as.
    var configuration: MachineConfiguration {
        guard let configuration = try? MachineConfiguration(kind: kind, slab: slab) else {
            preconditionFailure("every kind boots with its usual memory")
        }
        return configuration
    }

    /// What it is, for the reader of a problem.
    var sentence: String {
        switch self {
        case .classroom: "A classroom machine: 32 bits, 1,024 page frames of 4 KiB, one CPU, SLUB."
        case .classicClassroom:
            "A classroom machine: 32 bits, 1,024 page frames of 4 KiB, one CPU, and the classic slab "
                + "allocator (SLAB)."
        case .i386: "A PC with 32 bits and 1 GiB, one CPU, SLUB."
        case .x86_64: "A PC with 64 bits and 1 GiB, one CPU, SLUB."
        }
    }
}
