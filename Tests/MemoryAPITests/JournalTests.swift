import KernelMemory
import Testing

@testable import MemoryAPI

/// What a session keeps of its calls.
@Suite struct JournalTests {
    @Test func storesThatWereUndone_areForgottenWithTheirBytes() throws {
        let image = SharedImage(try MachineConfiguration(kind: .classroom))
        var session = SessionState(image, booted: try image.booted(), limits: SessionLimits())
        for byte in 0..<5 {
            _ = try session.apply(.store(VirtualAddress(0xc010_0000), [UInt8(byte)]))
            _ = try session.apply(.allocPage(.kernel))
        }
        #expect(session.payloadCount == 5)
        session.move(to: 3)
        #expect(session.payloadCount == 5)
        _ = try session.apply(.store(VirtualAddress(0xc010_0000), [9]))
        #expect(session.payloadCount == 3)
        let stored = try session.view().call(of: 4)
        #expect(stored.map { "\($0)" } == "memcpy_to(0xc0100000, 1)")
    }
}
