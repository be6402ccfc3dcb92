/// What one service and one session may use.
public struct SessionLimits: Sendable {
    /// Sessions at a time.
    public var sessions = 20_000
    /// Sessions at a time of one client address.
    public var sessionsPerAddress = 10_000
    /// Calls in one session.
    public var callsPerSession = 2_000_000
    /// Calls in one batch.
    public var callsPerBatch = 1_000_000
    /// Batches at a time whose calls do not come at once: each may keep some 50 MB.
    public var longBatches = 16
    /// Bytes that one session's calls may write into its memory.
    public var writtenBytesPerSession = 64 << 20
    /// Blocks and objects that one session's machine may hold, free objects in its slabs included.
    /// 1 GiB has 262,144 pages.
    public var objectsPerSession = 300_000
    /// Areas of the vmalloc address space that it may hold.
    public var areasPerSession = 20_000
    /// Caches that it may hold.
    public var cachesPerSession = 2_000
    /// Locks that may be held in it at a time.
    public var locksPerSession = 1_000
    /// Seconds of a processor's time that one request may spend on calls, of its own or run again.
    public var workSecondsPerRequest = 2.0
    /// Different machine configurations at a time besides the usual ones: each has a boot image
    /// of up to a few megabytes.
    public var configurations = 64
    /// How many of those one client address may bring in.
    public var configurationsPerAddress = 8
    /// Bytes that the images of uploaded recordings may take together.
    public var recordedBytes: UInt64 = 512 << 20
    /// How much of it one client address may take.
    public var recordedBytesPerAddress: UInt64 = 128 << 20
    /// Seconds without a request after which a session ends.
    public var idleSeconds: UInt64 = 7_200
    /// Spectators that follow sessions at a time.
    public var streams = 2_000
    /// Spectators that follow one session.
    public var streamsPerSession = 1_000

    /// Bytes that the process may have allocated before sessions leave memory that a journal keeps.
    public var residentBytes: UInt64 = 1 << 30

    /// The default limits.
    public init() {}

    /// The limits of a service whose sessions outlive it.
    public static var durable: SessionLimits {
        var limits = SessionLimits()
        limits.sessions = 1_000_000
        limits.sessionsPerAddress = 200_000
        limits.idleSeconds = 30 * 86_400
        return limits
    }
}
