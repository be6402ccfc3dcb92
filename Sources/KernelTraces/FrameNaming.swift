import KernelMemory

/// Which of the kernel's frames each of the model's stands for.
///
/// As long as nobody else of the kernel allocates, they are the same. After that the two choose
/// different frames for the same purpose; then a table must stand for one table and one only, and an
/// entry of the last level for the page that it maps.
struct FrameNaming {
    /// Whether the two are still the same.
    private(set) var isIdentity = true
    private var kernelTables: [UInt64: UInt64] = [:]
    private var modelTables: [UInt64: UInt64] = [:]
    private let frameMask: UInt64

    /// Begins with the same frames in both.
    init(_ architecture: Architecture) {
        frameMask = architecture == .i386 ? 0xffff_f000 : 0x000f_ffff_ffff_f000
    }

    /// From here on the two choose for themselves.
    mutating func diverge() { isIdentity = false }

    /// Compares the entries on the way to a page.
    ///
    /// - Parameter page: the frame behind it, the model's and the kernel's; `nil` if none should be.
    /// - Returns: the name of the first level that differs.
    mutating func firstDifference(
        _ model: RecordedWalk, _ kernel: RecordedWalk, page: (model: UInt32, kernel: UInt32)?
    ) -> Int? {
        for level in 0..<3 where !agree(model.entries[level], kernel.entries[level]) {
            return level
        }
        let (mine, theirs) = (model.entries[3], kernel.entries[3])
        guard mine & ~frameMask == theirs & ~frameMask else { return 3 }
        let frames = (mine & frameMask, theirs & frameMask)
        guard let page else { return frames == (0, 0) ? nil : 3 }
        return frames == (UInt64(page.model) << 12, UInt64(page.kernel) << 12) ? nil : 3
    }

    /// Whether two references to tables can mean the same one.
    private mutating func agree(_ mine: UInt64, _ theirs: UInt64) -> Bool {
        guard mine & ~frameMask == theirs & ~frameMask else { return false }
        if mine & 1 == 0 { return mine == theirs }
        let (model, kernel) = (mine & frameMask, theirs & frameMask)
        if isIdentity, model != kernel { return false }
        if let known = kernelTables[model] { return known == kernel }
        guard modelTables[kernel] == nil else { return false }
        kernelTables[model] = kernel
        modelTables[kernel] = model
        return true
    }
}
