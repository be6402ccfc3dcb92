import Glibc
import Synchronization

/// What a sanitizer must report, and what it must not: the name of one of them is the argument.
///
/// The sanitizers are held to it before what they say of the tests counts.
@main
struct Planted {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "nothing": print("nothing is wrong here")
        case "overrun": overrun()
        case "race": onTwoThreads { _ in Guarded.shared.count(outside: true) }
        case "mutex": onTwoThreads { _ in Guarded.shared.count(outside: false) }
        default: fatalError("planted nothing | overrun | race | mutex")
        }
    }

    /// Writes behind what was allocated.
    private static func overrun() {
        let numbers = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        (numbers + CommandLine.arguments.count - 1).initialize(to: 1)
        numbers.deallocate()
    }

    private static func onTwoThreads(
        _ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    ) {
        // Swift's library makes it, too, where ThreadSanitizer does not look: before the threads come.
        _ = Guarded.shared
        var threads = [pthread_t](repeating: pthread_t(), count: 2)
        for index in threads.indices { pthread_create(&threads[index], nil, body, nil) }
        for thread in threads { pthread_join(thread, nil) }
    }
}

/// A number that a mutex guards, and one beside it.
final class Guarded: @unchecked Sendable {
    static let shared = Guarded()

    private let guarded = Mutex(0)
    private var unguarded = 0

    /// Keeps the lock for so long that another thread stops spinning, and waits.
    func count(outside: Bool) -> UnsafeMutableRawPointer? {
        guarded.withLock {
            $0 += 1
            usleep(100_000)
        }
        if outside { unguarded += 1 }
        return nil
    }
}
