import Glibc
import Testing

@testable import SessionJournal

/// The file that says how long services have run.
@Suite struct ServedTimeTests {
    @Test(arguments: [0, 1, 59, 2_000_000, .max] as [UInt64])
    func time_comesBack_andWithAnyBitChangedIsUnknown(_ seconds: UInt64) {
        let bytes = Array(ServedTime.text(seconds).utf8)
        #expect(ServedTime.seconds(in: bytes) == seconds)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(ServedTime.seconds(in: flipped) == nil, "bit \(bit)")
        }
        for count in bytes.indices {
            #expect(ServedTime.seconds(in: Array(bytes[..<count])) == nil)
        }
    }

    @Test func time_asOlderVersionsWroteIt_isReadUnlessItCannotBe() {
        #expect(ServedTime.seconds(in: Array("2000000".utf8)) == 2_000_000)
        for text in ["", "-5", "+5", "1e9", "9223372036854775807", "18446744073709551616", "5\n"] {
            #expect(ServedTime.seconds(in: Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test func file_isWrittenAndRead() throws {
        let directory = TemporaryDirectory()
        try #require(mkdir(directory.store, 0o700) == 0)
        let time = ServedTime(directory.store)
        #expect(time.seconds == 0)
        time.write(86_400)
        #expect(time.seconds == 86_400)
    }
}
