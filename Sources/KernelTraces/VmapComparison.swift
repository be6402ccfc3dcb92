import KernelMemory

extension VmapRecording {
    /// Compares the lists of a dump, and the pages that wait for a purge.
    func firstDifference(from kernel: VmapRecording) -> Difference? {
        if lazyPages != kernel.lazyPages {
            return Difference(
                place: "lazy_pages", model: "\(lazyPages)", kernel: "\(kernel.lazyPages)")
        }
        return Self.difference("busy", areas.map(\.text), kernel.areas.map(\.text))
            ?? Self.difference("free", free.map(\.text), kernel.free.map(\.text))
            ?? Self.difference("purge", unpurged.map(\.text), kernel.unpurged.map(\.text))
    }

    private static func difference(
        _ list: String, _ model: [String], _ kernel: [String]
    ) -> Difference? {
        guard model != kernel else { return nil }
        let at =
            zip(model, kernel).enumerated().first { $1.0 != $1.1 }?.offset
            ?? min(model.count, kernel.count)
        let entry: ([String]) -> String = { at < $0.count ? $0[at] : "nothing" }
        return Difference(
            place: "\(list) list, place \(at)", model: entry(model), kernel: entry(kernel))
    }
}

extension VmapRecording.Range {
    fileprivate var text: String {
        "0x" + String(start, radix: 16) + "-0x" + String(end, radix: 16)
    }
}

extension VmapRecording.Area {
    fileprivate var text: String { "\(range.text) flags \(flags) nr_pages \(pageCount)" }
}
