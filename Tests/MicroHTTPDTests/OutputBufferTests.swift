import MicroHTTPD
import Testing

@Suite struct OutputBufferTests {
    @Test func append_ofEveryKind_keepsTheOrder() {
        var buffer = OutputBuffer()
        buffer.append("literal " as StaticString)
        buffer.append(UInt8(ascii: "+"))
        buffer.append(String(repeating: "\u{e9}", count: 400))
        [1, 2, 3].withUnsafeBytes { buffer.append($0) }
        #expect(buffer.count == 9 + 800 + 24)
        #expect(buffer.bytes.prefix(9).elementsEqual("literal +".utf8))
        #expect(buffer.bytes[9 + 800] == 1)
    }

    @Test func reserve_thenAdvance_countsWhatWasWritten() {
        var buffer = OutputBuffer()
        for index in 0..<1_000 {
            let place = buffer.reserve(24)
            place[0] = UInt8(truncatingIfNeeded: index)
            buffer.advance(by: 1)
        }
        #expect(buffer.count == 1_000)
        #expect(buffer.bytes.enumerated().allSatisfy { $1 == UInt8(truncatingIfNeeded: $0) })
    }

    @Test func append_toLentBytes_copiesThem() {
        let lent: [UInt8] = [1, 2, 3]
        lent.withUnsafeBytes { bytes in
            var buffer = OutputBuffer(lending: bytes)
            #expect(buffer.bytes.baseAddress == bytes.baseAddress)
            buffer.append(4 as UInt8)
            #expect(buffer.bytes.elementsEqual([1, 2, 3, 4]))
            #expect(buffer.bytes.baseAddress != bytes.baseAddress)
        }
        #expect(lent == [1, 2, 3])
    }

    @Test func truncate_andRemoveAll_forgetBytes() {
        var buffer = OutputBuffer()
        buffer.append("abc" as StaticString)
        buffer.truncate(to: 1)
        #expect(buffer.bytes.elementsEqual("a".utf8))
        buffer.removeAll()
        #expect(buffer.count == 0)
        buffer.append(UInt8(7))
        #expect(buffer.bytes.elementsEqual([7]))
    }
}
