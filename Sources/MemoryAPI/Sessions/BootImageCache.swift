import KernelMemory
import MicroHTTPD
import Synchronization

/// Boots each configuration once for all sessions that ask for it.
///
/// The usual configurations (each kind of machine, with and without debug) stay and count towards
/// no limit, so they always boot. Others are found again as long as a session has them; the last
/// few stay beyond that while there is room.
final class BootImageCache: Sendable {
    fileprivate struct Known {
        weak var image: SharedImage?
        /// Bytes that it takes at most, if it was recorded.
        let recordedBytes: UInt64
        /// Where the client was that asked for it first.
        let owner: ClientAddress
    }

    fileprivate struct Images {
        var known: [MachineConfiguration: Known] = [:]
        /// Most recently used last.
        var recent: [SharedImage] = []
    }

    private let usual: [MachineConfiguration: SharedImage]
    private let images = Mutex(Images())
    private let limits: SessionLimits
    private static let recentLimit = 8

    /// - Parameter limits: how many configurations there may be at a time besides the usual ones.
    init(_ limits: SessionLimits) {
        self.limits = limits
        let images = MachineConfiguration.Kind.allCases.flatMap { kind in
            [false, true].compactMap { try? MachineConfiguration(kind: kind, debug: $0) }
        }.map { SharedImage($0) }
        usual = Dictionary(uniqueKeysWithValues: images.map { ($0.configuration, $0) })
    }

    /// The image of a configuration. It is not booted here, where others wait.
    ///
    /// - Throws: a problem when too many different machines are in use.
    /// - Complexity: O(1) for one that is known, otherwise O(configurations).
    func image(
        for configuration: MachineConfiguration, owner: ClientAddress
    ) throws(Problem) -> SharedImage {
        if let image = usual[configuration] { return image }
        return try images.withLock { (images) throws(Problem) in
            let image = try find(SharedImage(configuration), in: &images, for: owner)
            images.recent.removeAll { $0 === image }
            images.recent.append(image)
            if images.recent.count > Self.recentLimit { images.recent.removeFirst() }
            return image
        }
    }

    /// The image of one of the usual configurations.
    ///
    /// - Precondition: it is one.
    func usualImage(_ configuration: MachineConfiguration) -> SharedImage {
        guard let image = usual[configuration] else {
            preconditionFailure("not a usual configuration")
        }
        return image
    }

    /// The image of a recording that a client sent; those with the same content share one.
    ///
    /// It is not booted here either, and it is gone with the last session that has it.
    ///
    /// - Throws: a problem when too many different machines are in use, or too large ones.
    /// - Complexity: O(configurations).
    func image(
        for recording: MachineRecording, owner: ClientAddress
    ) throws(Problem) -> SharedImage {
        let image = SharedImage(recording)
        return try images.withLock { (images) throws(Problem) in
            try find(image, in: &images, for: owner)
        }
    }

    /// The image that is known for the same machine, or else this one, if there is room for it.
    private func find(
        _ image: SharedImage, in images: inout Images, for owner: ClientAddress
    ) throws(Problem) -> SharedImage {
        if let known = images.known[image.configuration]?.image { return known }
        try makeRoom(in: &images, for: owner, bytes: image.recordedBytes)
        images.known[image.configuration] = Known(
            image: image, recordedBytes: image.recordedBytes, owner: owner)
        return image
    }

    /// Forgets images that no session has, those kept for later only when there is no room.
    private func makeRoom(
        in images: inout Images, for owner: ClientAddress, bytes: UInt64
    ) throws(Problem) {
        images.forgetUnused()
        if problem(images, owner, bytes) == nil { return }
        images.recent.removeAll()
        images.forgetUnused()
        if let problem = problem(images, owner, bytes) { throw problem }
    }

    private func problem(
        _ images: Images, _ owner: ClientAddress, _ bytes: UInt64
    ) -> Problem? {
        let usual = "Without memory, cpus and slab, each kind of machine always boots."
        if images.known.count >= limits.configurations {
            return Problem(
                .tooManySessions,
                "Sessions use \(limits.configurations) unusual machines, the most at a time. "
                    + usual)
        }
        let own = images.known.values.filter { $0.owner == owner }
        if own.count >= limits.configurationsPerAddress {
            return Problem(
                .tooManySessions,
                "Sessions use \(own.count) unusual machines that your address asked for first, "
                    + "the most for one address. \(usual)")
        }
        guard bytes > 0 else { return nil }
        return bytesProblem(bytes, images.known.values, limits.recordedBytes, "all sessions")
            ?? bytesProblem(bytes, own, limits.recordedBytesPerAddress, "one address")
    }

    private func bytesProblem(
        _ bytes: UInt64, _ known: some Sequence<Known>, _ limit: UInt64, _ whose: String
    ) -> Problem? {
        let used = known.reduce(0) { $0 + $1.recordedBytes }
        guard used + bytes > limit else { return nil }
        return Problem(
            .tooManySessions,
            "The uploaded machines of \(whose) may take \(limit) bytes together; they take \(used), "
                + "and this one needs \(bytes) more. DELETE /sessions/{id} ends a session.")
    }
}

extension BootImageCache.Images {
    fileprivate mutating func forgetUnused() {
        known = known.filter { $0.value.image != nil }
    }
}
