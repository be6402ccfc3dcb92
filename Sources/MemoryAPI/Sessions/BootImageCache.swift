import KernelMemory
import MicroHTTPD
import Synchronization

/// A boot image and what it is booted from; lives as long as a session uses it.
final class SharedImage: Sendable {
    let configuration: MachineConfiguration
    private let booted = Mutex<BootImage?>(nil)

    init(_ configuration: MachineConfiguration) { self.configuration = configuration }

    /// The image, booted when it is first asked for; whoever wants the same one waits.
    ///
    /// - Complexity: O(frames) the first time.
    var image: BootImage {
        booted.withLock { booted in
            if let booted { return booted }
            let image = BootImage(configuration)
            booted = image
            return image
        }
    }
}

/// Boots each configuration once for all sessions that ask for it.
///
/// The usual configurations (each kind of machine, with and without debug) stay and count towards
/// no limit, so they always boot. Others are found again as long as a session has them; the last
/// few stay beyond that while there is room.
final class BootImageCache: Sendable {
    fileprivate struct Known {
        weak var image: SharedImage?
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
    private let limit: Int
    private let limitPerAddress: Int
    private static let recentLimit = 8

    /// - Parameters:
    ///   - limit: the most configurations at a time besides the usual ones.
    ///   - limitPerAddress: the most of them that one address brought in.
    init(limit: Int, limitPerAddress: Int) {
        self.limit = limit
        self.limitPerAddress = limitPerAddress
        let images = MachineConfiguration.Kind.allCases.flatMap { kind in
            [false, true].compactMap { try? MachineConfiguration(kind: kind, debug: $0) }
        }.map(SharedImage.init)
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
            let known = images.known[configuration]?.image
            if known == nil { try makeRoom(in: &images, for: owner) }
            let image = known ?? SharedImage(configuration)
            if known == nil { images.known[configuration] = Known(image: image, owner: owner) }
            images.recent.removeAll { $0 === image }
            images.recent.append(image)
            if images.recent.count > Self.recentLimit { images.recent.removeFirst() }
            return image
        }
    }

    /// Forgets images that no session has, those kept for later only when there is no room.
    private func makeRoom(in images: inout Images, for owner: ClientAddress) throws(Problem) {
        images.forgetUnused()
        if problem(images, owner) == nil { return }
        images.recent.removeAll()
        images.forgetUnused()
        if let problem = problem(images, owner) { throw problem }
    }

    private func problem(_ images: Images, _ owner: ClientAddress) -> Problem? {
        let usual = "Without memory, cpus and slab, each kind of machine always boots."
        if images.known.count >= limit {
            return Problem(
                .tooManySessions,
                "Sessions use \(limit) unusual machines, the most at a time. \(usual)")
        }
        let own = images.known.values.count { $0.owner == owner }
        guard own >= limitPerAddress else { return nil }
        return Problem(
            .tooManySessions,
            "Sessions use \(own) unusual machines that your address asked for first, the most for "
                + "one address. \(usual)")
    }
}

extension BootImageCache.Images {
    fileprivate mutating func forgetUnused() {
        known = known.filter { $0.value.image != nil }
    }
}
