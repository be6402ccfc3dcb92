import CZlib
import Glibc
import Synchronization

/// Packs bodies with gzip, fast rather than small.
///
/// A state of zlib takes 260 KiB, too much to make for each body: a few are kept.
final class Compressor: Sendable {
    /// The one of the process.
    static let shared = Compressor()

    /// Kept states; as many as there are threads, as a rule.
    private static let capacity = 16
    /// zlib's fastest.
    private static let level: Int32 = 1
    /// The largest window, in the gzip format.
    private static let windowBits: Int32 = 15 + 16

    private let idle = Mutex<[Deflater]>([])

    /// Packs bytes.
    ///
    /// - Parameter bytes: less than 4 GiB.
    /// - Returns: the gzip file; `nil` if it is not shorter, or zlib has no memory.
    ///
    /// The corresponding zlib function is `deflate`.
    func packed(_ bytes: UnsafeRawBufferPointer) -> OutputBuffer? {
        guard let deflater = idle.withLock({ $0.popLast() }) ?? Deflater() else { return nil }
        let result = deflater.packed(bytes)
        idle.withLock { if $0.count < Self.capacity { $0.append(deflater) } }
        return result
    }

    /// One state of zlib, used by one thread at a time: whoever holds it has taken it out of the pool.
    private final class Deflater: @unchecked Sendable {
        private let stream: UnsafeMutablePointer<z_stream>

        init?() {
            stream = .allocate(capacity: 1)
            stream.initialize(to: z_stream())
            let status = deflateInit2_(
                stream, Compressor.level, Z_DEFLATED, Compressor.windowBits, 8, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard status == Z_OK else {
                stream.deallocate()
                return nil
            }
        }

        deinit {
            deflateEnd(stream)
            stream.deallocate()
        }

        func packed(_ bytes: UnsafeRawBufferPointer) -> OutputBuffer? {
            guard bytes.count < UInt32.max, deflateReset(stream) == Z_OK else { return nil }
            var output = OutputBuffer()
            // Behind the header and the trailer, one byte less than there was.
            let start = output.reserve(bytes.count)
            let input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input)
            stream.pointee.avail_in = UInt32(bytes.count)
            stream.pointee.next_out = start
            stream.pointee.avail_out = UInt32(bytes.count)
            guard deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
            output.advance(by: bytes.count - Int(stream.pointee.avail_out))
            return output
        }
    }
}
