/// One entry of a page table, as it lies in memory.
///
/// The corresponding kernel types are `pte_t`, `pmd_t`, `pud_t` and `pgd_t`; the bits are those of
/// arch/x86/include/asm/pgtable_types.h (6.1).
public struct PageTableEntry: RawRepresentable, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt64

    /// An entry by its bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Something is mapped. `_PAGE_PRESENT`.
    static let present: UInt64 = 1 << 0
    /// Stores are allowed. `_PAGE_RW`.
    static let writable: UInt64 = 1 << 1
    /// User code may use it. `_PAGE_USER`.
    static let user: UInt64 = 1 << 2
    /// The CPU has used it. `_PAGE_ACCESSED`.
    static let accessed: UInt64 = 1 << 5
    /// The CPU has written through it. `_PAGE_DIRTY`.
    static let dirty: UInt64 = 1 << 6
    /// Maps a large page, and is no reference to a table. `_PAGE_PSE`.
    static let large: UInt64 = 1 << 7
    /// Survives a change of address space in the TLB. `_PAGE_GLOBAL`.
    static let global: UInt64 = 1 << 8
    /// Code there cannot run. `_PAGE_NX`; i386 without PAE has no such bit.
    static let noExecute: UInt64 = 1 << 63

    /// What a reference to a table allows. `_PAGE_TABLE`.
    static let table = present | writable | user | accessed | dirty
    /// The same for the kernel alone. `_KERNPG_TABLE`, `PDE_IDENT_ATTR`.
    static let kernelTable = present | writable | accessed | dirty
    private static let kernelPage = present | accessed | dirty | global

    /// The protection of the kernel's own pages. `PAGE_KERNEL`, `PAGE_KERNEL_EXEC`,
    /// `PAGE_KERNEL_RO`, `PAGE_KERNEL_ROX`.
    static func kernel(
        _ architecture: Architecture, isWritable: Bool = true, isExecutable: Bool = false
    ) -> UInt64 {
        kernelPage | (isWritable ? writable : 0)
            | (isExecutable || architecture == .i386 ? 0 : noExecute)
    }

    var isPresent: Bool { @inline(__always) get { rawValue & Self.present != 0 } }
    var isWritable: Bool { @inline(__always) get { rawValue & Self.writable != 0 } }
    var isLarge: Bool { @inline(__always) get { rawValue & Self.large != 0 } }

    /// The names of the bits that are set, from the lowest up, as the architecture's manuals have them.
    public var flagNames: [String] {
        Self.names.filter { rawValue & $0.0 != 0 }.map(\.1)
    }

    private static let names: [(UInt64, String)] = [
        (present, "P"), (writable, "RW"), (user, "US"), (1 << 3, "PWT"), (1 << 4, "PCD"),
        (accessed, "A"), (dirty, "D"), (large, "PSE"), (global, "G"), (noExecute, "NX"),
    ]
}
