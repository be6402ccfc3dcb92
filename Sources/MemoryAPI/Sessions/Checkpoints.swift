import KernelMemory

/// Copies of a machine at some of its steps, so that an earlier state is a short replay away.
///
/// They lie evenly: when there are too many, every other one goes and the interval doubles. A copy
/// costs nothing when it is made and later what the machine has changed since.
struct Checkpoints: Sendable {
    private var machines: [Machine] = []
    /// Calls between two checkpoints, a power of two.
    private(set) var interval = Self.firstInterval

    static let firstInterval = 1_024
    private static let limit = 64

    /// Whether the state at a step is to be kept.
    @inline(__always)
    func isDue(_ step: Int) -> Bool { step & (interval - 1) == 0 }

    /// Keeps the state at a step that is due.
    mutating func keep(_ machine: Machine) {
        machines.append(machine)
        guard machines.count > Self.limit else { return }
        machines = machines.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        interval *= 2
    }

    /// The newest state kept at or before a step.
    func latest(before step: Int) -> Machine? {
        let index = min(step / interval, machines.count) - 1
        return index >= 0 ? machines[index] : nil
    }

    /// Forgets the states behind a step.
    mutating func forget(after step: Int) {
        machines.removeLast(max(0, machines.count - step / interval))
    }
}
