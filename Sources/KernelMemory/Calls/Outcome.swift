/// What a ``KernelCall`` came to.
///
/// What it printed and which rules it broke is in the machine's log and record under its step.
@frozen
public struct Outcome: Hashable, Sendable {
    /// What the kernel function returned.
    public var returned: Returned

    /// Wraps a returned value.
    @inlinable
    public init(_ returned: Returned) { self.returned = returned }

    /// A kernel function's return value.
    @frozen
    public enum Returned: Hashable, Sendable {
        /// The function returns nothing.
        case void
        /// NULL: it could not be done.
        case null
        /// A block of pages by its first `struct page`.
        case page(PagePointer)
        /// A logical address.
        case address(VirtualAddress)
        /// A number: a size, or an error code.
        case number(UInt64)
        /// The machine is halted, or this CPU spins, and nothing ran.
        case halted
        /// The call has begun but not ended: its task sleeps, or its CPU spins.
        case blocked
    }
}
