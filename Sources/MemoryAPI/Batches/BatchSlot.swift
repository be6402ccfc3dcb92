import Synchronization

/// One of the long batches that a service has at a time: each keeps up to a million calls until the last
/// answer is sent. It is given back when nobody keeps it any more.
final class BatchSlot: Sendable {
    /// How many there are.
    final class Counter: Sendable {
        fileprivate let taken = Atomic<Int>(0)
        fileprivate let limit: Int

        /// How many are taken.
        var count: Int { taken.load(ordering: .relaxed) }

        init(limit: Int) { self.limit = limit }
    }

    private let counter: Counter

    /// Takes a slot.
    ///
    /// - Throws: a problem if all are taken.
    init(of counter: Counter) throws(Problem) {
        self.counter = counter
        let taken = counter.taken.add(1, ordering: .relaxed).newValue
        guard taken <= counter.limit else {
            throw Problem(
                .tooManyBatches,
                "This service runs \(counter.limit) long batches at a time. Try again when one has ended."
            )
        }
    }

    deinit { counter.taken.subtract(1, ordering: .relaxed) }
}
