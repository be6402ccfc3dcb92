/// A session's number in a journal store: 64 bits that its name consists of.
public struct SessionKey: RawRepresentable, Hashable, Comparable, Sendable {
    /// The bits.
    public let rawValue: UInt64

    /// Names a session by its bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Orders sessions as a store lists them.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension SessionKey: CustomStringConvertible {
    /// 16 hexadecimal digits.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A state of a session: how many calls led to it, and what names it.
///
/// Whoever appends says behind which state. The hash is there for the case that another host has undone
/// calls and made as many others since.
public struct JournalHead: Hashable, Sendable {
    /// Calls since boot.
    public var step: UInt32
    /// The ``RecordedCall/stateHash`` of the last of them; not looked at for step 0.
    public var stateHash: UInt64

    /// The state behind some calls.
    public init(step: UInt32, stateHash: UInt64) {
        self.step = step
        self.stateHash = stateHash
    }

    /// The most calls that a journal can hold.
    public static let stepLimit = UInt32.max - 2 - UInt32(NumberedAnswer.limit)

    /// Whether both are the same state.
    func matches(_ other: JournalHead) -> Bool {
        step == other.step && (step == 0 || stateHash == other.stateHash)
    }
}

/// Where a session stands.
public struct JournalPosition: Hashable, Sendable {
    /// The calls that count: those behind it were undone, and the next one overwrites them.
    public let step: UInt32
    /// The calls that are kept.
    public let lastStep: UInt32

    /// A position in a journal; `step` is at most `lastStep`.
    public init(step: UInt32, lastStep: UInt32) {
        self.step = step
        self.lastStep = lastStep
    }
}
