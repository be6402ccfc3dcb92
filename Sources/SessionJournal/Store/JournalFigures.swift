/// What a journal store has and has done, for statistics.
public struct JournalFigures: Sendable, Equatable {
    /// Bytes of its file that have been used since it was made; ended sessions leave room within.
    public var usedBytes: UInt64
    /// Bytes that the file can have before its map is moved.
    public var mapBytes: UInt64
    /// Transactions that were committed since the store was made.
    public var commits: UInt64
    /// Times that this process has waited for the disk to have what was committed.
    public var syncs: UInt64
}

extension JournalStore {
    /// What the store has and has done; `nil` if it keeps no such figures.
    public var figures: JournalFigures? { nil }
}
