/// A spin lock, by its name.
///
/// It is kept behind one reference so that calls stay small.
public final class SpinLock: Hashable, Sendable {
    /// The name.
    public let name: String

    /// A lock; nothing is checked.
    public init(name: String) { self.name = name }

    /// Whether both are the same lock.
    public static func == (left: SpinLock, right: SpinLock) -> Bool { left.name == right.name }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// The longest name.
    public static let longestName = 32

    /// Whether a text can be a lock's name: an identifier of C, with members and indices.
    public static func isName(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        let others = "_.->[]&".utf8
        return !bytes.isEmpty && bytes.count <= longestName
            && bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf)
                    || others.contains(byte)
            }
    }
}

/// What a spin lock's function does beside taking the lock.
public enum LockVariant: UInt8, CaseIterable, Sendable {
    /// `spin_lock`: nothing.
    case plain
    /// `spin_lock_bh`: keeps softirqs away.
    case bh
    /// `spin_lock_irq`: keeps interrupts away.
    case irq
    /// `spin_lock_irqsave`: the same, and returns what the flags were.
    case irqsave

    /// What stands behind `spin_lock` in its name.
    public var lockSuffix: String { ["", "_bh", "_irq", "_irqsave"][Int(rawValue)] }
    /// What stands behind `spin_unlock` in the name of its counterpart.
    public var unlockSuffix: String { ["", "_bh", "_irq", "_irqrestore"][Int(rawValue)] }
}
