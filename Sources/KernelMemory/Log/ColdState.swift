/// What a machine keeps beside its tables: the log and the misuse record.
///
/// Only the slow paths come here.
final class ColdState {
    var log = KernelLog()
    /// Misuses in the order in which they happened, the first ``misuseLimit`` of them.
    private(set) var misuses: [Misuse] = []
    /// All of them, counted.
    private(set) var misuseCount = 0
    /// Why the machine runs no more; `nil` while it runs.
    var oops: String?
    /// The warning about an order that is too large was printed; it comes only once.
    var warnedOrder = false
    /// Reports of bad pages printed so far; the kernel falls silent after 60.
    var badPageReports = 0
    /// Flags of `/proc/sys/kernel/tainted` that reports print.
    var taint = Taint()
    /// The caches' names and addresses.
    var registry = CacheRegistry()
    /// Objects that can be taken back, and those that cannot.
    var reclaim = ReclaimState()
    /// Modules, oldest first.
    var modules: [LoadedModule] = []
    /// What the last series of loads cost.
    var accessReport: AccessReport?
    /// What the last transfer of a device touched.
    var dmaReport: DMAReport?
    /// Heads of free lists that are not objects of their slab.
    var strayHeads: [StrayHead: UInt64] = [:]
    /// Warnings that were printed and will not be again.
    var warnedOnce: Set<OnceOnly> = []
    /// What the CPUs are doing.
    var contexts: Contexts
    /// Mappings of high memory.
    var kmaps = KmapPool()
    /// The decisions of the call that is being explained.
    var explanation = Explanation()

    static let misuseLimit = 10_000

    init(cpuCount: Int) { contexts = Contexts(cpuCount: cpuCount) }

    /// What a machine starts with that has just booted.
    init(bootedFrom image: ColdState) {
        registry = image.registry
        contexts = image.contexts
        kmaps = image.kmaps
    }

    init(copying other: ColdState) {
        log = other.log
        misuses = other.misuses
        misuseCount = other.misuseCount
        oops = other.oops
        warnedOrder = other.warnedOrder
        badPageReports = other.badPageReports
        taint = other.taint
        registry = other.registry
        reclaim = other.reclaim
        modules = other.modules
        accessReport = other.accessReport
        dmaReport = other.dmaReport
        strayHeads = other.strayHeads
        warnedOnce = other.warnedOnce
        contexts = other.contexts
        kmaps = other.kmaps
    }

    func add(_ misuse: Misuse) {
        misuseCount += 1
        if misuses.count < Self.misuseLimit { misuses.append(misuse) }
    }

    /// The kernel said something about the misuses of this step.
    func markNoticed(step: UInt32) {
        for index in misuses.indices.reversed() {
            guard misuses[index].step == step else { return }
            misuses[index].noticedByKernel = true
        }
    }
}

/// What made the kernel say that its reports may not be trusted.
struct Taint {
    var badPage = false
    var warned = false
    var died = false

    /// As reports print it. `print_tainted` (kernel/panic.c, 6.1).
    var text: String {
        guard badPage || warned || died else { return "Not tainted" }
        // Letters stand in fixed columns: G F S R M B U D A C O W ... of tainted_flags.
        let letters =
            "G    " + (badPage ? "B" : " ") + " " + (died ? "D" : " ") + " "
            + (warned ? "W" : " ")
        return "Tainted: " + letters + "         "
    }
}
