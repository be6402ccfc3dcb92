/// How movable the pages of a page block are; free pages are kept apart by it.
///
/// The corresponding kernel type is `enum migratetype` (include/linux/mmzone.h, 6.1).
public enum MigrateType: UInt8, CaseIterable, Sendable {
    /// Kernel memory: stays where it is until it is freed.
    case unmovable = 0
    /// User memory: could be moved elsewhere.
    case movable = 1
    /// Caches that can be emptied on request.
    case reclaimable = 2
    /// A reserve for higher-order requests that cannot wait.
    case highAtomic = 3

    /// How many types have lists of their own per CPU. `MIGRATE_PCPTYPES`.
    static let perCPUTypeCount = 3

    /// The name as `/proc/pagetypeinfo` prints it.
    public var name: String {
        switch self {
        case .unmovable: "Unmovable"
        case .movable: "Movable"
        case .reclaimable: "Reclaimable"
        case .highAtomic: "HighAtomic"
        }
    }

    /// The letter that the kernel's memory report prints. `show_migration_types`.
    public var letter: Character {
        switch self {
        case .unmovable: "U"
        case .movable: "M"
        case .reclaimable: "E"
        case .highAtomic: "H"
        }
    }
}
