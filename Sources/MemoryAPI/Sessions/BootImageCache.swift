import KernelMemory
import Synchronization

/// A boot image and what it was booted from; lives as long as a session uses it.
final class SharedImage: Sendable {
    let configuration: MachineConfiguration
    let image: BootImage

    init(_ configuration: MachineConfiguration) {
        self.configuration = configuration
        image = BootImage(configuration)
    }
}

/// Boots each configuration once for all sessions that ask for it.
///
/// Images in use are found again as long as a session has them; the last few stay beyond that.
final class BootImageCache: Sendable {
    private struct Weak {
        weak var image: SharedImage?
    }

    private struct Images {
        var known: [MachineConfiguration: Weak] = [:]
        /// Most recently used last.
        var recent: [SharedImage] = []
    }

    private let images = Mutex(Images())
    private let limit: Int
    private static let recentLimit = 8

    /// - Parameter limit: the most configurations at a time.
    init(limit: Int) { self.limit = limit }

    /// The image of a configuration, booted now if nobody has it.
    ///
    /// - Returns: `nil` when too many different machines are in use.
    /// - Complexity: O(1) for one that is known, otherwise O(frames).
    func image(for configuration: MachineConfiguration) -> SharedImage? {
        images.withLock { images in
            let known = images.known[configuration]?.image
            if known == nil {
                images.known = images.known.filter { $0.value.image != nil }
                guard images.known.count < limit + Self.recentLimit else { return nil }
            }
            let image = known ?? SharedImage(configuration)
            images.known[configuration] = Weak(image: image)
            images.recent.removeAll { $0 === image }
            images.recent.append(image)
            if images.recent.count > Self.recentLimit { images.recent.removeFirst() }
            return image
        }
    }
}
