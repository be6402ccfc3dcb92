import KernelMemory

/// The caches of a slab dump, oldest first, of whichever allocator the kernel had.
enum RecordedCaches {
    case slub([SlubCacheRecording])
    case classic([ClassicCacheRecording])

    /// No cache yet.
    init(_ allocator: MachineConfiguration.SlabAllocator) {
        self = allocator == .slub ? .slub([]) : .classic([])
    }

    /// A `cache` record, which the kernel writes newest first; `false` if a field that must be there
    /// is not.
    mutating func read(_ node: JSONNode) -> Bool {
        switch self {
        case .slub(let caches):
            guard let cache = SlubCacheRecording(node) else { return false }
            self = .slub([cache] + caches)
        case .classic(let caches):
            guard let cache = ClassicCacheRecording(node) else { return false }
            self = .classic([cache] + caches)
        }
        return true
    }

    /// A machine with these caches.
    func boot(
        _ pages: MachineRecording, hidden: HiddenAllocations
    ) throws(RecordingError) -> Machine {
        switch self {
        case .slub(let caches):
            Machine(
                booting: try BootImage(recording: pages, caches: caches, hidden: hidden))
        case .classic(let caches):
            Machine(
                booting: try BootImage(recording: pages, caches: caches, hidden: hidden))
        }
    }

    /// The first place where a machine's caches are not these.
    func firstDifference(in machine: Machine) -> Difference? {
        switch self {
        case .slub(let caches): machine.firstSlubDifference(from: caches)
        case .classic(let caches): machine.firstClassicDifference(from: caches)
        }
    }
}
