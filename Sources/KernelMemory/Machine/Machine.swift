/// The whole simulated memory of one machine: a value.
///
/// A copy costs a few nanoseconds and shares everything until one of the two is changed. The
/// same configuration and the same calls give the same machine, byte for byte, on every host:
/// there is no clock, no randomness and no input but ``apply(_:)``.
///
/// Copies may be used from several threads at once, each copy from one at a time.
public struct Machine: Sendable {
    var core: Core

    /// A machine that shares a core until it is changed.
    init(core: Core) { self.core = core }

    /// Runs one kernel call.
    ///
    /// A halted machine runs nothing: it stays as it is and answers ``Outcome/Returned/halted``.
    ///
    /// - Returns: what the kernel function returned. Every failure is a value.
    /// - Complexity: that of the kernel function; for a page from the CPU's own list O(1).
    @inline(__always)
    public mutating func apply(_ call: KernelCall) -> Outcome {
        if !isKnownUniquelyReferenced(&core) || core.isSealed { makeOwner() }
        return core.run(call)
    }

    /// Makes this machine the only one that writes to its core.
    @inline(never)
    private mutating func makeOwner() {
        if isKnownUniquelyReferenced(&core) {
            core.reclaim()
        } else {
            core = core.copied()
        }
    }
}
