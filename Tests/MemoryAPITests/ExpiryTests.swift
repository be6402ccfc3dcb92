import KernelTestSupport
import SessionJournal
import Testing

@testable import MemoryAPI

/// Stored sessions that nobody asks for end, and no others.
@Suite struct ExpiryTests {
    private let journal = MoodyJournalStore()
    private let clock = ManualClock()
    private static let limits: SessionLimits = {
        var limits = SessionLimits()
        limits.idleSeconds = 8_000
        return limits
    }()
    /// What is certain to be too long: the idle time, and as long as a use may not be noted.
    private static let tooLong: UInt64 = 9_001

    private func service() -> MemoryService {
        MemoryService(limits: Self.limits, journal: journal, now: { [clock] in clock.seconds })
    }

    /// A session of which the store knows when it was used.
    private func boot(_ service: MemoryService) throws -> TestClient {
        var client = TestClient(service.router())
        try client.boot()
        clock.advance(1)
        _ = try client.get("/zones")
        return client
    }

    private func pass(_ seconds: UInt64, asking client: TestClient) throws {
        for _ in 0..<(seconds / 500) {
            clock.advance(500)
            #expect(try client.get("/zones").status == 200)
        }
    }

    @Test func sessionThatNobodyAsksForAfterARestart_ends() throws {
        let first = service()
        let (left, kept) = (try boot(first), try boot(first))
        let second = service()
        #expect(second.store.count == 2)
        var guest = TestClient(second.router())
        guest.token = kept.token
        try pass(6_000, asking: guest)
        #expect(second.store.count == 2)
        try pass(Self.tooLong, asking: guest)
        #expect(second.store.count == 1)
        #expect(try journal.sessions() == [try #require(SessionID(text: kept.id)).stored])
        guest.token = left.token
        #expect(try guest.get("/zones").problem == "unknown-token")
    }

    @Test func restarts_doNotBeginTheIdleTimeAnew() throws {
        let left = try boot(service())
        for _ in 0..<4 {
            let service = service()
            let other = try boot(service)
            try pass(2_500, asking: other)
        }
        let again = left.afterRestart(
            journal, limits: Self.limits, now: { [clock] in clock.seconds })
        #expect(try again.get("/zones").problem == "unknown-token")
    }

    @Test func sessionThatIsAskedForNowAndThen_staysOverRestarts() throws {
        var client = try boot(service())
        for _ in 0..<5 {
            let service = service()
            let other = try boot(service)
            try pass(7_500, asking: other)
            client = client.afterRestart(
                journal, limits: Self.limits, now: { [clock] in clock.seconds })
            #expect(try client.get("/zones").status == 200)
        }
    }

    @Test func useThatIsNotKnown_countsFromWhenItIsMet() throws {
        let client = try boot(service())
        let key = try #require(SessionID(text: client.id)).stored
        try journal.note([SessionUse(try #require(key), second: nil)])
        let service = service()
        let other = try boot(service)
        try pass(7_500, asking: other)
        #expect(service.store.count == 2)
        try pass(2_500, asking: other)
        #expect(service.store.count == 1)
    }

    @Test func fullDisk_isToldOfAUseLater() throws {
        let client = try boot(service())
        let key = try #require(SessionID(text: client.id)?.stored)
        clock.advance(4_000)
        journal.mood.withLock { $0 = .full }
        let again = client.afterRestart(
            journal, limits: Self.limits, now: { [clock] in clock.seconds })
        clock.advance(3_000)
        #expect(try again.get("/zones").status == 200)
        let before = try journal.use(of: key).second
        journal.mood.withLock { $0 = .well }
        #expect(try again.get("/zones").status == 200)
        #expect(try journal.use(of: key).second ?? 0 > before ?? 0)
    }

    @Test func manySessions_endAFewAtATime() throws {
        let first = service()
        for _ in 0..<40 { _ = try boot(first) }
        let second = service()
        let other = try boot(second)
        try pass(Self.tooLong + 1_000, asking: other)
        var count = second.store.count
        #expect(count > 20)
        while count > 1 {
            clock.advance(1)
            _ = try other.get("/zones")
            #expect(second.store.count >= count - 16)
            #expect(second.store.count < count)
            count = second.store.count
        }
    }
}

extension SessionID {
    fileprivate init?(text: String) {
        guard let id = Array(text.utf8).withUnsafeBytes({ SessionID($0) }) else { return nil }
        self = id
    }
}
