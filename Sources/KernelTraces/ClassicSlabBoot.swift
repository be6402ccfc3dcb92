import KernelMemory

extension RecordedCaches {
    /// Boots a machine of the recorded size, and compares its caches with these, which the kernel
    /// had before the trace made any.
    ///
    /// Done for the classic allocator, whose caches have all their sizes and limits by formulas.
    func firstBootDifference(on pages: MachineRecording, keepsApart: Bool) -> Difference? {
        guard case .classic(let recorded) = self, var configuration = pages.bootConfiguration
        else { return nil }
        configuration.slab = .slab
        configuration.keepsCachesApart = keepsApart
        return Machine(configuration).firstClassicBootDifference(from: recorded)
    }
}
