import CMicroHTTPD

/// Work on what has come of a body, while its connection sleeps.
struct BodyWork {
    fileprivate let work: SleepersWork
    fileprivate let suspension: Suspension
    /// How long the client is waited for afterwards.
    fileprivate let interruption: Patience.Interruption?
}

extension ServerCore {
    /// Has the receiver work on what has come, in the work queue.
    ///
    /// The connection does not sleep at once: it is asked again with the next part, or at the body's end, and
    /// a client that has closed its sending side by then is read no further.
    func workOnBody(_ exchange: UnsafeMutablePointer<Exchange>, _ turn: WorkTurn) {
        let suspension = Suspension()
        let request = UncheckedPointer(exchange)
        let work = SleepersWork(suspension, turn: turn.number(of: exchange)) {
            request.pointer.pointee.reception?.receiver.work()
        }
        exchange.pointee.bodyWork = BodyWork(
            work: work, suspension: suspension,
            interruption: exchange.pointee.patience?.interrupt())
        suspensions.add(suspension, .heldAnswer)
        workQueue.add(work.job)
    }

    /// Lets the connection sleep while its body is worked on.
    ///
    /// - Returns: what libmicrohttpd is to be told; `nil` if the body can go on.
    @inline(__always)
    func awaitBodyWork(_ exchange: UnsafeMutablePointer<Exchange>) -> MHD_Result? {
        guard exchange.pointee.bodyWork != nil else { return nil }
        return sleepForBodyWork(exchange)
    }

    @inline(never)
    private func sleepForBodyWork(_ exchange: UnsafeMutablePointer<Exchange>) -> MHD_Result? {
        guard let body = exchange.pointee.bodyWork, let connection = exchange.pointee.connection
        else {
            return nil
        }
        while !body.work.isDone {
            if body.suspension.sleep(connection) { return .YES }
            if body.suspension.isStopped { return .NO }
        }
        endBodyWork(exchange)
        if let interruption = body.interruption {
            exchange.pointee.patience?.resume(interruption)
        }
        return nil
    }

    /// Calls the work on a body off, or waits for it.
    func endBodyWork(_ exchange: UnsafeMutablePointer<Exchange>) {
        guard let body = exchange.pointee.bodyWork else { return }
        exchange.pointee.bodyWork = nil
        body.work.cancel()
        suspensions.remove(body.suspension)
    }
}
