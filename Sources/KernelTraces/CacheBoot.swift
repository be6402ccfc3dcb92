import KernelMemory

extension RecordedCaches {
    /// Boots a machine of the recorded size, and compares its caches with these, which the kernel
    /// had before the trace made any: their order, what was merged, sizes and limits.
    func firstBootDifference(on pages: MachineRecording, keepsApart: Bool) -> Difference? {
        guard var configuration = pages.bootConfiguration else { return nil }
        configuration.slab = pages.slab
        configuration.keepsCachesApart = keepsApart
        let machine = Machine(configuration)
        switch self {
        case .slub(let recorded): return machine.firstSlubBootDifference(from: recorded)
        case .classic(let recorded): return machine.firstClassicBootDifference(from: recorded)
        }
    }
}

extension Machine {
    fileprivate func firstSlubBootDifference(from recorded: [SlubCacheRecording]) -> Difference? {
        let mine = slubRecordings
        for (model, kernel) in zip(mine, recorded) {
            if model.name != kernel.name {
                return Difference(place: "next cache", model: model.name, kernel: kernel.name)
            }
            if model.users != kernel.users || model.geometry != kernel.geometry {
                return Difference(
                    place: "cache \(kernel.name)", model: "\(model.users) users, \(model.geometry)",
                    kernel: "\(kernel.users) users, \(kernel.geometry)")
            }
        }
        return mine.count == recorded.count
            ? nil
            : Difference(
                place: "caches", model: "\(mine.count) of them", kernel: "\(recorded.count) of them"
            )
    }
}
