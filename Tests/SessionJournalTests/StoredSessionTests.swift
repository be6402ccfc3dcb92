import KernelMemory
import KernelTestSupport
import Testing

@testable import SessionJournal

@Suite struct StoredSessionTests {
    private func decode(_ bytes: [UInt8], _ key: SessionKey) -> Result<StoredSession, RecordError> {
        bytes.withUnsafeBytes { bytes in
            Result { () throws(RecordError) in try StoredSession(bytes, key) }
        }
    }

    private static func configurations() throws -> [MachineConfiguration] {
        var all: [MachineConfiguration] = []
        for kind in MachineConfiguration.Kind.allCases {
            for slab in MachineConfiguration.SlabAllocator.allCases {
                for memory in [kind.memoryRangeInMiB.lowerBound, kind.memoryRangeInMiB.upperBound] {
                    all.append(
                        try MachineConfiguration(
                            kind: kind, memoryInMiB: memory, cpuCount: 8, debug: memory > 100,
                            slab: slab, keepsCachesApart: slab == .slab,
                            tlb: TLBShape(smallEntries: 256, largeEntries: 8, ways: 8)))
                }
            }
        }
        var recorded = try MachineConfiguration(kind: .i386, cpuCount: 2)
        recorded.memoryInMiB = 7
        recorded.startsFrom(RecordingDigest(words: SIMD4(1, .max, 0x8000_0000_0000_0000, 77)))
        return all + [recorded]
    }

    @Test func session_withEveryConfiguration_comesBack() throws {
        for (index, configuration) in try Self.configurations().enumerated() {
            let session = StoredSession(
                key: SessionKey(rawValue: .max - UInt64(index)), secret: [0, 255],
                viewSecret: [UInt8](repeating: 7, count: 32), configuration: configuration,
                recording: [UInt8](repeating: 0x7b, count: index * 50_000), creation: [9])
            #expect(decode(session.encoded(), session.key) == .success(session))
        }
    }

    @Test func session_changedAnywhere_isRefused() throws {
        for configuration in try Self.configurations() {
            let session = StoredSession(
                key: SessionKey(rawValue: 5), secret: [1], viewSecret: [2],
                configuration: configuration)
            let bytes = session.encoded()
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(decode(changed, session.key) == .failure(.damaged))
            }
            #expect(decode(bytes, SessionKey(rawValue: 6)) == .failure(.damaged))
        }
    }

    @Test func configuration_ofAnyBytes_isRefusedOrPossible() throws {
        var random = SeededRandom(seed: 11)
        let samples = try Self.configurations().map { configuration in
            var writer = RecordWriter()
            configuration.write(to: &writer)
            return writer.bytes
        }
        for _ in 0..<20_000 {
            var bytes = samples.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { bytes in
                var reader = RecordReader(bytes)
                guard let read = try? MachineConfiguration(from: &reader) else { return }
                #expect(read.tlb.isValid && (1...8).contains(read.cpuCount))
            }
        }
    }
}
