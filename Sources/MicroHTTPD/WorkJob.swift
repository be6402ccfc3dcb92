import Glibc
import Synchronization

/// Something to be done once, unless it is called off before.
final class WorkJob: Sendable {
    private enum Phase: Int, AtomicRepresentable {
        case waiting
        case running
        case over
    }

    /// Jobs of the same turn are done one after the other.
    let turn: UInt64
    private let phase = Atomic(Phase.waiting)
    private let action: @Sendable () -> Void

    init(turn: UInt64, _ action: @escaping @Sendable () -> Void) {
        self.turn = turn
        self.action = action
    }

    /// Does it, unless it was called off.
    func run() {
        let change = phase.compareExchange(
            expected: .waiting, desired: .running, ordering: .acquiringAndReleasing)
        guard change.exchanged else { return }
        action()
        phase.store(.over, ordering: .releasing)
    }

    /// Calls it off, or waits for its end if it has begun.
    func cancel() {
        let change = phase.compareExchange(
            expected: .waiting, desired: .over, ordering: .acquiringAndReleasing)
        guard !change.exchanged else { return }
        while phase.load(ordering: .acquiring) != .over { usleep(100) }
    }
}
