import Synchronization

/// The buckets of all clients, one for each address.
///
/// A connection takes its client's bucket when it begins and keeps it, so a request touches nothing that other
/// clients touch.
final class RateLimiter: Sendable {
    /// Buckets that are kept; those of clients beyond them, while all are in use, are not told apart.
    private static let capacity = 65_536

    let limit: RateLimit
    private let buckets = Mutex<[ClientAddress: RateBucket]>([:])
    private let shared: RateBucket

    init(_ limit: RateLimit) {
        self.limit = limit
        shared = RateBucket(limit)
    }

    /// The bucket of a client; `nil` for one that is not counted.
    func bucket(of address: ClientAddress) -> RateBucket? {
        if address.isLoopback, !limit.countsLoopback { return nil }
        let key = address.network
        return buckets.withLock { buckets in
            if let bucket = buckets[key] { return bucket }
            if buckets.count >= Self.capacity { Self.sweep(&buckets) }
            guard buckets.count < Self.capacity else { return shared }
            let bucket = RateBucket(limit)
            buckets[key] = bucket
            return bucket
        }
    }

    /// Forgets the clients that have all of their requests left.
    private static func sweep(_ buckets: inout [ClientAddress: RateBucket]) {
        let now = RateBucket.now
        buckets = buckets.filter { !$0.value.isFull(at: now) }
    }
}
