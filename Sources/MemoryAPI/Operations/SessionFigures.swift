import Synchronization

/// Counts what becomes of sessions; any thread may count.
final class SessionFigures: Sendable {
    /// Sessions that began in this process.
    let begun = Atomic<UInt64>(0)
    /// Sessions that ended in it, those that nobody asked for included.
    let ended = Atomic<UInt64>(0)
    /// Times that a session left memory since there was too much in it.
    let evicted = Atomic<UInt64>(0)
    /// Times that a session came back from the journal.
    let returned = Atomic<UInt64>(0)
    /// Sessions that are in memory.
    private let inMemory = Atomic<Int>(0)

    /// Sessions that are in memory.
    var resident: Int { inMemory.load(ordering: .relaxed) }

    /// Notes that a session's machine has come into memory.
    func noteArrival() { inMemory.add(1, ordering: .relaxed) }

    /// Notes that a session's machine has left memory, if it was there.
    func noteDeparture(_ wasThere: Bool) {
        if wasThere { inMemory.subtract(1, ordering: .relaxed) }
    }
}
