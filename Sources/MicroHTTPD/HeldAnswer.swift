import Glibc
import Synchronization

/// A finished response that waits for something outside: whether it may go, and how it sleeps.
final class HeldAnswer: @unchecked Sendable {
    /// What came of the waiting.
    enum Verdict: Sendable {
        /// The response goes as it is.
        case send
        /// The response is written anew.
        case refuse(@Sendable (inout Response) -> Void)
        /// Nobody knows; the connection is closed.
        case drop
    }

    private let state = Mutex<Verdict?>(nil)
    let suspension = Suspension()
    /// The response; only the connection's own thread touches it, or before the verdict the one that works for it.
    var response: Response?

    /// What came of the waiting; `nil` while that is open.
    var verdict: Verdict? { state.withLock { $0 } }

    /// Ends the waiting; only the first verdict counts.
    func decide(_ verdict: Verdict) {
        state.withLock { if $0 == nil { $0 = verdict } }
        suspension.wake()
    }

    /// Waits on this very thread, for a request that was made up in the process.
    func waitForVerdict() -> Verdict {
        while true {
            if let verdict { return verdict }
            usleep(100)
        }
    }
}

/// Lets an answer go that ``Response/hold(_:)`` holds. The first call decides, from any thread;
/// further ones do nothing. When it goes away uncalled, the connection is closed.
public final class Resumption: Sendable {
    private let answer: HeldAnswer

    init(_ answer: HeldAnswer) { self.answer = answer }

    deinit { answer.decide(.drop) }

    /// Sends the response as the handler left it.
    public func send() { answer.decide(.send) }

    /// Sends another response in its place.
    ///
    /// - Parameter write: fills the response, which arrives as after ``Response/reset()``; called
    ///   later, on the connection's own thread.
    public func refuse(_ write: @escaping @Sendable (inout Response) -> Void) {
        answer.decide(.refuse(write))
    }
}

extension Response {
    /// Holds this response, once finished, until something outside has happened, such as the disk's
    /// having a change. No thread waits meanwhile.
    ///
    ///     response.hold { resumption in
    ///         ticket.whenSettled { _ in resumption.send() }
    ///     }
    ///
    /// No timeout runs while it is held, and a client that goes away is noticed afterwards. A
    /// server that stops waits for held answers through its grace period, then closes their
    /// connections.
    ///
    /// - Parameter begin: called here and now with what lets the answer go; it may do so at once,
    ///   which costs no more than a lock.
    ///
    /// The corresponding libmicrohttpd functions are `MHD_suspend_connection` and
    /// `MHD_resume_connection`.
    public mutating func hold(_ begin: (Resumption) -> Void) {
        let answer = HeldAnswer()
        held = answer
        begin(Resumption(answer))
    }
}
