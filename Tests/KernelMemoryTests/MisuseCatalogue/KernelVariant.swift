import KernelMemory

/// The three kernels that every case was recorded on.
enum KernelVariant: String, CaseIterable, Sendable {
    /// A production kernel.
    case plain
    /// The same, booted with `slub_debug=FZPU`.
    case slubDebug = "plain-slubdebug"
    /// One that was built with its debugging options, and booted that way too.
    case debug

    /// Whether objects have red zones, poison and notes of their users.
    var checksObjects: Bool { self != .plain }

    /// A machine with this kernel, as large as the recorded one.
    func boot(memoryInMiB: Int) throws -> Machine {
        Machine(
            try MachineConfiguration(
                memoryInMiB: memoryInMiB, debug: self == .debug, checksObjects: checksObjects))
    }
}
