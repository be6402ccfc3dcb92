import KernelMemory

/// How much more a session's machine may come to hold before that is looked at.
///
/// Looking takes a walk over the machine, so it is done only when the calls since the last walk could
/// have used up a good part of the room that there was then.
struct HoldingsRoom {
    /// What may be added before the next walk.
    private var allowance: Int

    private static let firstAllowance = 1_024
    private static let leastAllowance = 256

    /// The room of a machine that has just booted.
    init() { allowance = Self.firstAllowance }

    /// Has the next call that adds something look.
    mutating func forget() { allowance = 0 }

    /// Takes what a call may add.
    ///
    /// - Parameter machine: the machine before the call.
    /// - Throws: a problem if it holds as much as it may, and the call may add something.
    @inline(__always)
    mutating func take(
        _ call: KernelCall, _ machine: borrowing Machine, _ limits: SessionLimits
    ) throws(Problem) {
        let growth = call.growth
        if _fastPath(growth <= allowance) {
            allowance -= growth
            return
        }
        try look(machine, limits)
        allowance = max(0, allowance - growth)
    }

    @inline(never)
    private mutating func look(
        _ machine: borrowing Machine, _ limits: SessionLimits
    ) throws(Problem) {
        let holdings = machine.holdings
        let rooms = [
            ("blocks and objects", limits.objectsPerSession, holdings.objects),
            ("areas", limits.areasPerSession, holdings.areas),
            ("caches", limits.cachesPerSession, holdings.caches),
            ("held locks", limits.locksPerSession, holdings.locks),
        ]
        for (what, limit, held) in rooms where held >= limit {
            throw Problem(tooManyObjects: what, limit: limit)
        }
        let least = rooms.reduce(Int.max) { min($0, $1.1 - $1.2) }
        // Slabs come with room for many objects.
        allowance = max(Self.leastAllowance, least / 4)
    }
}

extension KernelCall {
    /// How many things it may add to what its machine holds.
    var growth: Int {
        @inline(__always) get {
            switch self {
            case .allocPages, .allocPage, .getFreePages, .getFreePage, .getZeroedPage, .kmalloc,
                .kzalloc, .krealloc, .kmemCacheCreate, .kmemCacheAlloc, .kmemCacheZalloc,
                .freeListGet, .vmalloc, .vzalloc, .vmap, .spinLock, .loadModule:
                1
            case .splitPage(_, let order): 1 << Int(min(order, 10))
            default: 0
            }
        }
    }
}

extension Problem {
    /// A session whose machine holds too much.
    fileprivate convenience init(tooManyObjects what: String, limit: Int) {
        self.init(
            .tooManyObjects,
            "A session's machine may hold \(limit) \(what). Free some, or POST /sessions boots a new "
                + "one.")
    }
}
