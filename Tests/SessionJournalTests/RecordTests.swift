import KernelMemory
import KernelTestSupport
import Testing

@testable import SessionJournal

@Suite struct RecordTests {
    private static let key = JournalKey(SessionKey(rawValue: 0x0123_4567_89ab_cdef), 77)

    private func decode(
        _ bytes: [UInt8], _ key: JournalKey = RecordTests.key
    ) -> Result<RecordedCall, RecordError> {
        bytes.withUnsafeBytes { bytes in
            Result { () throws(RecordError) in try RecordedCall(bytes, key) }
        }
    }

    /// Without the check value, so that what lies behind it is reached.
    private func decodeCall(_ bytes: [UInt8]) -> Result<KernelCall, RecordError> {
        bytes.withUnsafeBytes { bytes in
            Result { () throws(RecordError) in
                var reader = RecordReader(bytes)
                let call = try reader.call()
                try reader.end()
                return call
            }
        }
    }

    @Test(arguments: FunctionTag.allCases)
    func everyCall_withExtremeValues_comesBack(_ function: FunctionTag) {
        var records = RandomRecords(seed: UInt64(function.rawValue))
        for round in 0..<60 {
            let record = RecordedCall(records.call(function), stateHash: records.random.next())
            let bytes = record.encoded(Self.key)
            #expect(bytes[1] == function.rawValue, "\(record.call) has another's number")
            #expect(decode(bytes) == .success(record), "round \(round)")
        }
    }

    @Test func allocPages_isShort() {
        let record = RecordedCall(.allocPages(.kernel, order: 2), stateHash: 0)
        #expect(record.encoded(Self.key).count == 17)
        var writer = RecordWriter()
        writer.call(record.call)
        #expect(writer.bytes == [1, 0xc0, 0x19, 2])
    }

    @Test func checkValue_isThatOfTheStandard() {
        var check = CRC32C()
        let text = Array("123456789".utf8)
        text.withUnsafeBytes { check.add($0) }
        #expect(check.value == 0xe306_9283)
        var whole = CRC32C()
        var parts = CRC32C()
        let zeroes = [UInt8](repeating: 0, count: 32)
        zeroes.withUnsafeBytes { whole.add($0) }
        zeroes.withUnsafeBytes { parts.add(.init(rebasing: $0[..<5])) }
        zeroes.withUnsafeBytes { parts.add(.init(rebasing: $0[5...])) }
        #expect(whole.value == 0x8a91_36aa && parts.value == whole.value)
    }

    @Test func record_cutOrInAnothersPlace_isRefused() {
        let bytes = RecordedCall(.kfree(VirtualAddress(0xc100_0000)), stateHash: 9)
            .encoded(Self.key)
        for count in 0..<bytes.count {
            #expect(throws: RecordError.self) { try decode(Array(bytes[..<count])).get() }
        }
        let other = JournalKey(Self.key.session, 78)
        #expect(decode(bytes, other) == .failure(.damaged))
    }

    @Test(arguments: [[UInt8]?.none, [], [UInt8](repeating: 0x7b, count: 70_000)])
    func record_withAnAnswer_comesBack(body: [UInt8]?) {
        let answer = StoredAnswer(
            key: Array("key".utf8), request: .max, status: 201, contentType: [1], location: [],
            body: body)
        let recorded = RecordedCall(.dropSlab, stateHash: 3, answer: answer)
        let bytes = recorded.encoded(Self.key)
        #expect(decode(bytes) == .success(recorded))
        #expect(bytes.withUnsafeBytes { RecordedCall.stateHash(in: $0) } == 3)
        for count in 0..<min(bytes.count, 60) {
            #expect(throws: RecordError.self) { try decode(Array(bytes[..<count])).get() }
        }
    }

    @Test func record_ofANewerVersionOrFunction_saysSo() {
        var writer = RecordWriter()
        writer.byte(3)
        writer.word(0)
        #expect(decode(writer.sealed(Self.key)) == .failure(.newerVersion(3)))
        writer = RecordWriter()
        writer.byte(1)
        writer.byte(250)
        writer.word(0)
        #expect(decode(writer.sealed(Self.key)) == .failure(.unknownFunction(250)))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func anyChangeOfARecord_isRefusedOrRead(_ seed: UInt64) {
        var records = RandomRecords(seed: seed)
        for round in 0..<400 {
            var bytes = records.record().encoded(Self.key)
            guard bytes.count < 2_000 else { continue }
            let bit = Int.random(in: 0..<bytes.count * 8, using: &records.random)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(decode(bytes) == .failure(.damaged), "seed \(seed), round \(round)")
            // Behind the check value nothing may trap, and what is read must write the same again.
            var body = Array(bytes[1..<(bytes.count - 12)])
            for _ in 0..<Int.random(in: 0...3, using: &records.random) where !body.isEmpty {
                let place = Int.random(in: 0..<body.count, using: &records.random)
                body[place] = UInt8.random(in: 0...255, using: &records.random)
            }
            check(body, "seed \(seed), round \(round)")
        }
    }

    @Test func randomBytes_areRefusedOrRead() {
        var random = SeededRandom(seed: 5)
        let tags = FunctionTag.allCases.map(\.rawValue)
        for round in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count > 0, round % 4 != 0 { bytes[0] = tags.randomElement(using: &random)! }
            check(bytes, "round \(round)")
            _ = decode(bytes)
        }
    }

    private func check(_ bytes: [UInt8], _ name: String) {
        guard case .success(let call) = decodeCall(bytes) else { return }
        var writer = RecordWriter()
        writer.call(call)
        #expect(decodeCall(writer.bytes) == .success(call), "\(name)")
    }
}
