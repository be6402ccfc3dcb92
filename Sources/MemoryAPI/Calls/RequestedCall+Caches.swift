import KernelMemory

/// Caches that calls name instead of pointing to them.
extension RequestedCall {
    /// Refuses a name that no cache has.
    ///
    /// - Parameters:
    ///   - created: names that calls before this one will have made.
    ///   - place: where the call is in the body.
    func checkCache(
        _ machine: borrowing Machine, created: Set<String> = [],
        at place: @autoclosure () -> String = ""
    ) throws(Problem) {
        guard let cacheName, !created.contains(cacheName),
            machine.cacheNumber(named: cacheName) == nil
        else { return }
        throw Problem(
            unknownCache: cacheName, machine, .invalidField, at: .body(place() + "\(cachePlace)"))
    }

    /// The call with the address of the cache that it names; NULL when there is none any more, as a
    /// variable has it that `kmem_cache_create` did not fill.
    @inline(__always)
    func resolved(_ machine: borrowing Machine) -> RequestedCall {
        guard let cacheName else { return self }
        var resolved = self
        resolved.call = call.withCache(machine.cacheAddress(named: cacheName) ?? .null)
        return resolved
    }
}

extension Problem {
    /// A name that no cache has.
    convenience init(
        unknownCache name: String, _ machine: borrowing Machine, _ kind: ProblemKind,
        at place: Fault.Place
    ) {
        let suggestions = nearest(to: name, among: machine.cacheNames)
        self.init(
            kind, "There is no cache \(name)" + Self.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [.init(place: place, value: name, detail: "must be a cache's name or address")])
    }
}
