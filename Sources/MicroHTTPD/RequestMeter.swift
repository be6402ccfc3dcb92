import Glibc
import Synchronization

/// Counts the requests of a router: by route, status and how long they took.
///
/// Counting takes a few atomic additions and no lock. Threads mostly count in blocks of their own, which
/// are added up when somebody reads.
///
///     let meter = RequestMeter()
///     let router = Router(routes: routes, meter: meter) { ... }
///     for row in meter.rows(router.routes) { ... }
public final class RequestMeter: @unchecked Sendable {
    /// Routes that a router with a meter can have at most.
    public static let routeLimit = 256
    /// Upper bounds of the durations that are told apart, in nanoseconds, ascending; beyond the last one is one more.
    public static let boundsInNanoseconds: [UInt64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        100_000_000, 250_000_000, 1_000_000_000, 5_000_000_000,
    ]
    /// Statuses that are told apart; all others are counted as 0.
    public static let statuses: [UInt32] = [
        0, 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414,
        415, 422, 428, 429, 431, 500, 501, 503,
    ]

    // A block is `rowCount` rows of `rowWords` words, then one word for each tag. A row is one word for
    // each status, one for each duration, and the sum of the durations in nanoseconds.
    static let blockCount = 8
    static let rowWords = 48
    static let rowCount = 2 * routeLimit + 2 * HTTPMethod.allCases.count
    static let tagCount = 256
    static let durationStart = 28
    static let sumIndex = 44
    static let blockWords = rowCount * rowWords + tagCount

    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    /// For each status up to 599 its index in ``statuses``.
    private let statusIndices: UnsafeMutablePointer<UInt8>
    private let bounds: UnsafeMutablePointer<UInt64>
    /// Connections that are open.
    private let connections = Atomic<Int>(0)
    /// Requests that ended without an answer.
    private let unanswered = Atomic<UInt64>(0)

    /// Makes a meter that has counted nothing. Its memory is taken when it is first written to.
    public init() {
        precondition(Self.statuses.count <= Self.durationStart)
        precondition(Self.durationStart + Self.boundsInNanoseconds.count < Self.sumIndex)
        let count = Self.blockCount * Self.blockWords
        guard let zeros = calloc(count, MemoryLayout<Atomic<UInt64>>.stride) else {
            fatalError("out of memory")
        }
        // An atomic number with the value 0 is a zero word.
        words = zeros.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        statusIndices = .allocate(capacity: 600)
        statusIndices.initialize(repeating: 0, count: 600)
        for (index, status) in Self.statuses.enumerated() {
            statusIndices[Int(status)] = UInt8(index)
        }
        bounds = .allocate(capacity: Self.boundsInNanoseconds.count)
        _ = UnsafeMutableBufferPointer(start: bounds, count: Self.boundsInNanoseconds.count)
            .initialize(from: Self.boundsInNanoseconds)
    }

    deinit {
        free(words)
        statusIndices.deallocate()
        bounds.deallocate()
    }

    /// The word of a block.
    func word(_ block: Int, _ index: Int) -> UInt64 {
        words[block * Self.blockWords + index].load(ordering: .relaxed)
    }

    /// Nanoseconds of a clock that never goes back.
    ///
    /// The corresponding C function is `clock_gettime` (`CLOCK_MONOTONIC`).
    @inline(__always)
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// The block for the calling thread to count in.
    static func blockOfThread() -> Int {
        Int((UInt64(pthread_self()) &* 0x9E37_79B9_7F4A_7C15) >> 61)
    }
}

// MARK: - Counting

extension RequestMeter {
    /// Counts one request.
    ///
    /// - Parameters:
    ///   - block: as ``blockOfThread()`` said it.
    ///   - row: below `rowCount`.
    @inline(__always)
    func count(block: Int, row: Int, status: UInt32, tag: UInt8, nanoseconds: UInt64) {
        let start = words + (block &* Self.blockWords)
        let row = start + (row &* Self.rowWords)
        let index = status < 600 ? Int(statusIndices[Int(status)]) : 0
        row[index].add(1, ordering: .relaxed)
        var place = 0
        while place < Self.boundsInNanoseconds.count, nanoseconds > bounds[place] { place &+= 1 }
        row[Self.durationStart &+ place].add(1, ordering: .relaxed)
        row[Self.sumIndex].add(nanoseconds, ordering: .relaxed)
        if _slowPath(tag != 0) {
            start[Self.rowCount &* Self.rowWords &+ Int(tag)].add(1, ordering: .relaxed)
        }
    }

    /// Counts a request that ended without an answer.
    func countUnanswered() { unanswered.add(1, ordering: .relaxed) }

    /// Counts a connection in (1) or out (-1).
    func countConnection(_ change: Int) { connections.add(change, ordering: .relaxed) }

    /// Connections that are open.
    public var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Requests that ended without an answer: the client had gone, or the connection was closed.
    public var unansweredCount: UInt64 { unanswered.load(ordering: .relaxed) }
}
