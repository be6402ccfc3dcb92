import CZlib
import MicroHTTPD
import Testing

/// Large bodies, packed for those who want them so.
@Suite struct CompressionTests {
    private static let body = String(repeating: "free pages of order 0, ", count: 1_000)

    private static let routes = [
        Route(.get, "/tagged") { request, response in
            response.setHeader("ETag", "\"state-0\"")
            response.body.append(CompressionTests.body)
            guard let known = request.header("If-None-Match"), known.count > 0 else { return }
            response.status = 304
            response.removeHeader("Content-Type")
        },
        Route(.get, "/picture", produces: ["image/png"]) { _, response in
            response.body.append(CompressionTests.body)
        },
        Route(.get, "/small") { _, response in
            response.body.append(String(repeating: "x", count: 4_095))
        },
    ]

    private func respond(
        _ method: String = "GET", _ target: String = "/tagged", accept: String? = "gzip",
        known: String? = nil
    ) throws -> RecordedResponse {
        var headers: [(name: String, value: String)] =
            accept.map { [("Accept-Encoding", $0)] } ?? []
        if let known { headers.append(("If-None-Match", known)) }
        let server = try SampleServer(adding: Self.routes)
        return try #require(
            server.respond(to: SyntheticRequest(method, target, headers: headers)))
    }

    @Test func largeBody_isPacked_withATagOfItsOwn() throws {
        let packed = try respond()
        #expect(packed.header("Content-Encoding") == "gzip")
        #expect(packed.header("ETag") == "\"state-0-gzip\"")
        #expect(packed.header("Vary") == "Accept-Encoding")
        #expect(packed.body.count < Self.body.utf8.count / 10)
        #expect(unpacked(packed.body) == Array(Self.body.utf8))
    }

    @Test(arguments: [
        nil, "", "identity", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "deflate, br",
    ])
    func largeBody_forOthers_isPlain(accept: String?) throws {
        let plain = try respond(accept: accept)
        #expect(plain.header("Content-Encoding") == nil)
        #expect(plain.header("ETag") == "\"state-0\"")
        #expect(plain.header("Vary") == "Accept-Encoding")
        #expect(plain.text == Self.body)
    }

    @Test(arguments: ["gzip, deflate, br", "GZIP", "br;q=1.0, gzip;q=0.2", "*", "x-gzip"])
    func gzip_isFoundAmongEncodings(accept: String) throws {
        #expect(try respond(accept: accept).header("Content-Encoding") == "gzip")
    }

    @Test func smallBodies_andPictures_areSentAsTheyAre() throws {
        for target in ["/small", "/picture"] {
            let plain = try respond("GET", target)
            #expect(plain.header("Content-Encoding") == nil)
            #expect(plain.header("Vary") == nil)
        }
    }

    @Test func head_announcesWhatGetSends() throws {
        let get = try respond()
        let head = try respond("HEAD")
        for name in ["Content-Length", "Content-Encoding", "ETag", "Vary"] {
            #expect(head.header(name) == get.header(name), "\(name)")
        }
    }

    @Test func notModified_speaksOfTheFormThatTheClientHas() throws {
        let packed = try respond(known: "\"state-0-gzip\"")
        #expect(packed.status == 304)
        #expect(packed.header("ETag") == "\"state-0-gzip\"")
        #expect(packed.header("Content-Length") == (try respond().header("Content-Length")))
        let plain = try respond(known: "\"state-0\"")
        #expect(plain.header("ETag") == "\"state-0\"")
        #expect(plain.header("Content-Length") == "\(Self.body.utf8.count)")
    }

    @Test func manyAtOnce_areAllPackedRight() async throws {
        let server = try SampleServer(adding: Self.routes) { $0.threadCount = 4 }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let client = server.connect()
                    let request = SyntheticRequest(
                        "GET", "/tagged", headers: [("Accept-Encoding", "gzip")])
                    for _ in 0..<20 {
                        client.send(request)
                        guard let body = client.readResponse()?.body,
                            unpacked(body) == Array(Self.body.utf8)
                        else { return false }
                    }
                    return true
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

/// A gzip file's content.
private func unpacked(_ file: [UInt8]) -> [UInt8] {
    var input = file
    var output = [UInt8](repeating: 0, count: 1 << 20)
    var stream = z_stream()
    guard
        inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return [] }
    defer { inflateEnd(&stream) }
    return input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            guard inflate(&stream, Z_FINISH) == Z_STREAM_END else { return [] }
            return Array(output[..<(output.count - Int(stream.avail_out))])
        }
    }
}
