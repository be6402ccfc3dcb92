/// What a module asks for.
///
/// It is kept behind one reference so that calls stay small.
public final class ModuleRequest: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Bytes of code.
    public let textSize: UInt64
    /// Bytes of data.
    public let dataSize: UInt64

    /// The longest name, in bytes. `MODULE_NAME_LEN` less its end.
    public static let longestName = 55

    /// A module; nothing is checked.
    public init(name: String, textSize: UInt64, dataSize: UInt64) {
        self.name = name
        self.textSize = textSize
        self.dataSize = dataSize
    }

    /// Whether all of it is alike.
    public static func == (left: ModuleRequest, right: ModuleRequest) -> Bool {
        (left.name, left.textSize, left.dataSize) == (right.name, right.textSize, right.dataSize)
    }

    /// Hashes what tells modules apart.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A module in memory.
///
/// The corresponding kernel type is `struct module` (include/linux/module.h, 6.1).
public struct LoadedModule: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Where its code begins, and its area of vmalloc.
    public let address: VirtualAddress
    /// Bytes of code, whole pages.
    public let textSize: UInt64
    /// Bytes of data behind it, whole pages.
    public let dataSize: UInt64
    /// The step that loaded it.
    public let step: UInt32
}
