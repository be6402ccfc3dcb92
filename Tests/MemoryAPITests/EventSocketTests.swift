import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

@testable import MemoryAPI

/// Spectators over sockets, while the session goes on.
@Suite(.serialized) struct EventSocketTests {
    private final class Class {
        let service: MemoryService
        let server: Server
        var client: TestClient

        init(
            _ limits: SessionLimits = SessionLimits(), journal: MoodyJournalStore? = nil,
            now: @escaping @Sendable () -> UInt64 = monotonicSeconds
        ) throws {
            service = MemoryService(limits: limits, journal: journal, now: now)
            var configuration = ServerConfiguration()
            configuration.port = 0
            server = try Server(configuration: configuration, router: service.router())
            client = TestClient(service.router())
            try client.boot()
        }

        deinit { server.stop(gracePeriodInSeconds: 2) }

        func spectator(_ target: String = "/events", lastEventID: String? = nil) -> Spectator {
            Spectator(
                port: server.port, token: client.viewToken, target, lastEventID: lastEventID)
        }

        func undo(_ steps: Int) throws { _ = try client.post("/undo", #"{"steps":\#(steps)}"#) }

        /// Has every session leave memory.
        func forgetStates() {
            for session in service.store.residentSessions {
                session.residence.withLock { $0.leave() }
            }
        }

        /// Waits until so many spectators are left, at most two seconds.
        func waitForSpectators(_ count: Int) -> Bool {
            for _ in 0..<200 {
                if service.spectators.count == count { return true }
                usleep(10_000)
            }
            return false
        }
    }

    @Test func spectator_isToldAtOnce() throws {
        let lesson = try Class()
        let spectator = lesson.spectator()
        #expect(spectator.status == 200)
        for step in 1...20 {
            _ = try lesson.client.post("/pages")
            #expect(try spectator.event()?.summary == "call \(step)")
        }
        try lesson.undo(15)
        let undo = try #require(try spectator.event())
        #expect(undo.summary == "undo 5")
        #expect(undo.data["last_step"].int == 20)
        _ = try lesson.client.post("/redo", #"{"steps":4}"#)
        #expect(try spectator.event()?.summary == "redo 9")
        _ = try lesson.client.post("/pages")
        #expect(try spectator.event()?.summary == "call 10")
        #expect(try lesson.client.post("/redo").problem == "nothing-to-redo")
        _ = try lesson.client.delete("/sessions/\(lesson.client.id)")
        #expect(try spectator.event()?.name == "end")
        #expect(spectator.next() == nil)
        #expect(lesson.waitForSpectators(0))
    }

    @Test func spectators_ofOneSession_areToldTheSame() throws {
        let lesson = try Class()
        var other = lesson.client
        try other.boot()
        let spectators = (0..<20).map { _ in lesson.spectator() }
        _ = try other.post("/pages")
        _ = try lesson.client.post("/pages", #"{"order":3}"#)
        let events = try spectators.map { try $0.event() }
        for event in events { #expect(event == events[0]) }
        #expect(events[0]?.data["call"].string == "alloc_pages(GFP_KERNEL, 3)")
    }

    @Test func spectator_whoComesBack_missesNothing() throws {
        let lesson = try Class()
        _ = try lesson.client.post("/pages")
        var id = try #require(try lesson.spectator().event()?.id)
        /// Comes back behind a change, and leaves again.
        func comeBack(_ change: () throws -> Void) throws -> String? {
            try change()
            let event = try lesson.spectator("/events?limit=1", lastEventID: id).event()
            id = event?.id ?? id
            return event?.summary
        }
        #expect(try comeBack { _ = try lesson.client.post("/pages") } == "call 2")
        #expect(try comeBack { _ = try lesson.client.post("/pages") } == "call 3")
        #expect(try comeBack { try lesson.undo(2) } == "undo 1")
        #expect(try comeBack { _ = try lesson.client.post("/pages") } == "call 2")
        let overwritten = try comeBack {
            try lesson.undo(1)
            _ = try lesson.client.post("/pages", #"{"order":1}"#)
        }
        #expect(overwritten == "reset 2")
        #expect(try comeBack { _ = try lesson.client.post("/pages") } == "call 3")
    }

    @Test func silence_isBrokenByHeartbeats() throws {
        let clock = ManualClock()
        let lesson = try Class(now: { clock.seconds })
        let spectator = lesson.spectator()
        _ = try lesson.client.post("/pages")
        #expect(spectator.next()?.hasPrefix("id: 1-") == true)
        for _ in 0..<3 {
            clock.advance(14)
            lesson.service.spectators.beat()
            clock.advance(1)
            lesson.service.spectators.beat()
            #expect(spectator.next() == ":")
        }
        _ = try lesson.client.post("/pages")
        #expect(try spectator.event()?.summary == "call 2")
    }

    @Test func spectatorsBeyondTheLimit_areRefusedUntilOneLeaves() throws {
        var limits = SessionLimits()
        limits.streams = 3
        limits.streamsPerSession = 2
        let lesson = try Class(limits)
        var other = lesson.client
        try other.boot()
        _ = try other.post("/pages")
        let first = lesson.spectator()
        let second = lesson.spectator()
        #expect(lesson.spectator().status == 429)
        #expect(try lesson.client.get("/events").problem == "too-many-streams")
        let third = Spectator(port: lesson.server.port, token: other.token ?? "")
        #expect(third.status == 200)
        #expect(try other.get("/events").problem == "too-many-streams")
        _ = try lesson.client.delete("/sessions/\(lesson.client.id)")
        for spectator in [first, second] { #expect(try spectator.event()?.name == "end") }
        #expect(lesson.waitForSpectators(1))
        #expect(try other.get("/events?limit=1&until=now").status == 200)
    }

    @Test func spectatorWhoLeft_isForgottenAtTheNextEvent() throws {
        let lesson = try Class()
        do { _ = lesson.spectator() }
        for _ in 0..<50 where lesson.service.spectators.count > 0 {
            _ = try lesson.client.post("/pages")
            usleep(2_000)
        }
        #expect(lesson.waitForSpectators(0))
    }

    @Test func session_thatLeftMemory_isFollowedOn() throws {
        let lesson = try Class(journal: MoodyJournalStore())
        let spectator = lesson.spectator()
        _ = try lesson.client.post("/pages")
        #expect(try spectator.event()?.summary == "call 1")
        lesson.forgetStates()
        _ = try lesson.client.post("/pages")
        #expect(try spectator.event()?.summary == "call 2")
        lesson.forgetStates()
        try lesson.undo(2)
        #expect(try spectator.event()?.summary == "undo 0")
    }

    @Test func changeThatTheJournalRefuses_isNotTold() throws {
        let journal = MoodyJournalStore()
        let lesson = try Class(journal: journal)
        let spectator = lesson.spectator()
        _ = try lesson.client.post("/pages")
        #expect(try spectator.event()?.summary == "call 1")
        journal.mood.withLock { $0 = .full }
        #expect(try lesson.client.post("/pages").problem == "journal-refuses")
        journal.mood.withLock { $0 = .well }
        _ = try lesson.client.post("/pages", #"{"order":2}"#)
        let event = try #require(try spectator.event())
        #expect(event.summary == "call 2")
        #expect(event.data["call"].string == "alloc_pages(GFP_KERNEL, 2)")
    }

    @Test func stop_endsTheStreams() throws {
        let lesson = try Class()
        let spectators = (0..<10).map { _ in lesson.spectator() }
        lesson.server.stop(gracePeriodInSeconds: 5)
        for spectator in spectators { #expect(spectator.next() == nil) }
        #expect(lesson.service.spectators.count == 0)
    }
}
