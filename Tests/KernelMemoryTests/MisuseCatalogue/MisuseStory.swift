import KernelMemory
import Testing

/// One case of the driver that was recorded: what it did, and what the simulator must know of it.
///
/// What the kernel printed between the driver's lines is in `Misuse/VARIANT/NAME.txt`.
struct MisuseStory: Sendable, CustomTestStringConvertible {
    typealias Variant = KernelVariant

    /// The driver's name for it.
    let name: String
    /// Memory of the machine that it was recorded on.
    var memoryInMiB = 512
    /// The rules that are broken, and the consequences that show.
    var misuses: @Sendable (Variant) -> Set<Misuse.Code> = { _ in [] }
    /// Whether the kernel says something in the call that breaks a rule.
    var isNoticed: @Sendable (Misuse, Variant) -> Bool = { _, _ in true }
    /// Areas of vmalloc that nobody freed.
    var areasLeft = 0
    /// Brings the machine to where the recorded one was, as far as it shows.
    var prepare: @Sendable (inout Storyteller) -> Void = { _ in }
    /// Makes the driver's calls and says its words.
    let tell: @Sendable (inout Storyteller) -> Void

    var testDescription: String { name }

    /// All that are told.
    static let all = pages + slab + objectBytes + vmalloc + contexts + kmap
}
