import KernelTestSupport
import MicroHTTPD
import SessionJournal
import Testing

@testable import MemoryAPI

/// Spectators that are told of calls from what was written for others.
@Suite struct EventPieceTests {
    private let service = MemoryService(
        limits: SessionLimits(), description: testDescription, now: monotonicSeconds)

    private func boot() throws -> (TestClient, Session) {
        var client = TestClient(service.router())
        try client.boot()
        return (client, try #require(service.store.residentSessions.first))
    }

    private func follow(_ session: Session) throws -> EventStream {
        let stream = EventStream(session, service.spectators, EventStream.Options())
        try service.spectators.add(stream, to: session)
        return stream
    }

    /// What a stream has, up to so many reads.
    private func read(_ stream: EventStream, atMost limit: Int = .max) -> String {
        var bytes: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 700, alignment: 1)
        defer { block.deallocate() }
        for _ in 0..<limit {
            guard case .bytes(let count) = stream.read(into: block) else { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func spectators_ofManyCalls_areToldTheSame() throws {
        let (client, session) = try boot()
        let streams = try (0..<3).map { _ in try follow(session) }
        let start = try service.store.look(at: session) { $0.head }
        let calls = Array(repeating: #"{"call":"alloc_page(GFP_KERNEL)"}"#, count: 60)
        _ = try client.post("/calls", "[\(calls.joined(separator: ","))]")
        let first = read(streams[0])
        let piece = try #require(
            service.spectators.pieces.piece(session.storedKey, behind: start))
        #expect(first.utf8.starts(with: piece.bytes) && piece.bytes.count < first.utf8.count)
        #expect(try ReceivedEvent.all(first).count == 60)
        for stream in streams[1...] { #expect(read(stream) == first) }
        for stream in streams { stream.closed() }
        #expect(service.spectators.pieces.piece(session.storedKey, behind: start) == nil)
    }

    @Test func spectators_atAnyPace_areToldWhereTheSessionIs() throws {
        let (client, session) = try boot()
        let streams = try (0..<4).map { _ in try follow(session) }
        var told = ["", "", "", ""]
        var generator = SeededRandom(seed: 5)
        for _ in 0..<120 {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: _ = try client.post("/undo")
            case 1: _ = try client.post("/redo")
            default:
                _ = try client.post(
                    "/pages", #"{"order":\#(Int.random(in: 0..<3, using: &generator))}"#)
            }
            for index in streams.indices where Bool.random(using: &generator) {
                told[index] += read(streams[index], atMost: 3)
            }
        }
        let head = try service.store.look(at: session) { $0.head }
        for index in streams.indices {
            told[index] += read(streams[index])
            let id = try #require(try ReceivedEvent.all(told[index]).last?.id)
            let last = Array(id.utf8).withUnsafeBytes { JournalHead(eventID: $0) }
            #expect(last == head, "spectator \(index)")
        }
    }
}
