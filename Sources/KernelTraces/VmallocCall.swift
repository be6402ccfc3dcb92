import KernelMemory

/// One call of a vmalloc trace with what the kernel answered.
struct VmallocCall {
    /// The kernel function.
    enum Function: String {
        case vmalloc, vzalloc, vmap, vfree, vunmap
        /// `vm_unmap_aliases`.
        case aliases

        /// Whether it makes an area.
        var allocates: Bool { self == .vmalloc || self == .vzalloc || self == .vmap }
    }

    let function: Function
    /// Bytes asked for; 0 for those that give back.
    var size: UInt64 = 0
    /// The area; 0 for NULL.
    var address: UInt64 = 0
    /// Pages waiting for a purge afterwards, and the areas that they are; `nil` if nothing is said.
    var lazyPages: UInt64?
    var unpurgedCount: Int?
    /// Frames behind the area, in the order of its pages.
    var pfns: [UInt32] = []
    /// Ways to pages of the area, by their names in the record.
    var walks: [(name: StaticString, walk: RecordedWalk)] = []

    /// Reads a record; `nil` if a field that must be there is not.
    init?(_ function: Function, _ node: JSONNode) {
        self.function = function
        if function == .aliases { return }
        guard let address = node["a"]?.address,
            let lazy = node["lazy"]?.number.flatMap(UInt64.init(exactly:)),
            let count = node["npurge"]?.number
        else { return nil }
        (self.address, lazyPages, unpurgedCount) = (address, lazy, count)
        if function.allocates {
            guard let size = node["s"]?.number.flatMap(UInt64.init(exactly:)) else { return nil }
            self.size = size
            if address == 0 { return }
            guard let pfns = node["pfns"]?.numbers?.map({ UInt32(exactly: $0) }),
                !pfns.isEmpty, pfns.allSatisfy({ $0 != nil })
            else { return nil }
            self.pfns = pfns.compactMap { $0 }
        }
        let names: [StaticString] = function.allocates ? ["first", "last", "guard"] : ["after"]
        for name in names {
            guard let walk = node[name].flatMap({ RecordedWalk($0) }) else { return nil }
            walks.append((name, walk))
        }
    }
}

/// The entries on the way to an address, as the kernel read them: one of each level, raw.
struct RecordedWalk {
    /// The address.
    let address: UInt64
    /// `pgd`, `pud`, `pmd`, `pte`; 0 where there is no table.
    let entries: [UInt64]

    /// Whether an entry above the last level is present and maps a large page.
    static func mapsPage(_ entry: UInt64) -> Bool { entry & 0x81 == 0x81 }

    /// Reads a member of a record; `nil` if a field is missing that must be there: the kernel goes on
    /// to the next level only where there is a table.
    init?(_ node: JSONNode) {
        guard let address = node["va"]?.address else { return nil }
        self.address = address
        var entries: [UInt64] = []
        for name in ["pgd", "pud", "pmd", "pte"] as [StaticString] {
            guard let entry = node[name]?.address else {
                guard let last = entries.last, last & 1 == 0 || Self.mapsPage(last) else {
                    return nil
                }
                entries.append(0)
                continue
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    /// The same way through a machine's tables; on i386 the upper three levels are one.
    init(_ address: UInt64, in machine: Machine) {
        self.address = address
        var entries = machine.walk(VirtualAddress(address)).steps.map(\.entry.rawValue)
        let levels = machine.architecture.paging.levels.count
        entries += Array(repeating: 0, count: max(0, levels - entries.count))
        self.entries = Array(repeating: entries[0], count: 4 - levels) + entries
    }
}
