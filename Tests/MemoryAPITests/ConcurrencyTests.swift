import Glibc
import KernelTestSupport
import MemoryAPI
import MicroHTTPD
import Synchronization
import Testing

/// Many threads on one service.
@Suite struct ConcurrencyTests {
    @Test func threads_withSessionsOfTheirOwn_comeToWhatOneThreadDoes() throws {
        let router = MemoryService().router()
        let expected = try Self.work(router, seed: 1)
        let results = Results()
        inParallel(64) { _ in results.add((try? Self.work(router, seed: 1)) ?? "failed") }
        #expect(results.all == Array(repeating: expected, count: 64))
    }

    @Test func threads_onOneSession_loseNoCall() throws {
        let client = try TestClient("i386")
        let request = client.raw(#"{"call":"alloc_page(GFP_KERNEL)"}"#)
        inParallel(16) { _ in
            for _ in 0..<50 { _ = client.router.respond(to: request) }
        }
        #expect(try client.get("/journal?limit=1").json["step"].int == 800)
        #expect(try client.get("/report").json["live"]["blocks"].int == 800)
    }

    /// Boots, makes random calls, and describes the end.
    private static func work(_ router: Router, seed: UInt64) throws -> String {
        var client = TestClient(router)
        try client.boot("i386")
        var generator = SeededRandom(seed: seed)
        for _ in 0..<40 {
            let order = Int.random(in: 0...5, using: &generator)
            let id = Int.random(in: 1...20, using: &generator)
            _ = client.router.respond(
                to: client.raw(#"{"call":"alloc_pages(GFP_KERNEL, \#(order))"}"#))
            let token = (name: "Authorization", value: "Bearer \(client.token ?? "")")
            _ = client.router.respond(
                to: SyntheticRequest("DELETE", "/pages/\(id)", headers: [token]))
        }
        let token = (name: "Authorization", value: "Bearer \(client.token ?? "")")
        return client.router.respond(to: SyntheticRequest("GET", "/snapshot", headers: [token]))
            .text
    }
}

/// Texts that threads add.
private final class Results: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
}

/// Runs a closure on some threads and waits for all of them.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Job: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let threads = (0..<count).map { index in
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job { body(index) })
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, job.toOpaque())
        return thread
    }
    threads.forEach { pthread_join($0, nil) }
}
