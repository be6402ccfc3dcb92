import Foundation
import MicroHTTPD
import Testing

/// A folder that goes away with its last use.
final class TemporarySite {
    let directory: String

    init() {
        directory =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("microhttpd-tests-\(UUID().uuidString)").path
        mkdir(directory, 0o700)
        mkdir("\(directory)/site", 0o755)
        mkdir("\(directory)/site/lesson", 0o755)
        write("secret", to: "secret.txt")
        write("<p>home</p>", to: "site/index.html")
        write("<p>lesson</p>", to: "site/lesson/index.html")
        write("<p>guide</p>", to: "site/guide.html")
        write("hidden", to: "site/.hidden")
        write("", to: "site/empty.txt")
        for name in [
            "a.css", "a.js", "a.mjs", "a.svg", "a.png", "a.json", "a.txt", "a.woff2", "a.yaml",
        ] {
            write(name, to: "site/\(name)")
        }
        symlink("\(directory)/secret.txt", "\(directory)/site/link.txt")
        symlink(directory, "\(directory)/site/up")
    }

    deinit {
        for name in ["site/lesson/index.html", "secret.txt", "site/up", "site/link.txt"] {
            unlink("\(directory)/\(name)")
        }
        for name in names(of: "\(directory)/site") { unlink("\(directory)/site/\(name)") }
        for name in ["site/lesson", "site", ""] { rmdir("\(directory)/\(name)") }
    }

    func load(framedPath: String? = nil) throws -> StaticFiles {
        try StaticFiles(directory: "\(directory)/site", framedPath: framedPath)
    }

    func write(_ text: String, to name: String) {
        let file = fopen("\(directory)/\(name)", "w")
        fputs(text, file)
        fclose(file)
    }

    private func names(of directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                })
        }
        return names
    }
}

@Suite struct StaticFilesTests {
    private let site = TemporarySite()

    @Test(arguments: [
        ("/", "text/html; charset=utf-8"), ("/index.html", "text/html; charset=utf-8"),
        ("/guide.html", "text/html; charset=utf-8"), ("/guide", "text/html; charset=utf-8"),
        ("/lesson/", "text/html; charset=utf-8"), ("/a.css", "text/css; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"), ("/a.mjs", "text/javascript; charset=utf-8"),
        ("/a.svg", "image/svg+xml"), ("/a.png", "image/png"), ("/a.json", "application/json"),
        ("/a.txt", "text/plain; charset=utf-8"), ("/a.woff2", "font/woff2"),
        ("/a.yaml", "application/yaml"), ("/%61.txt?v=1", "text/plain; charset=utf-8"),
        ("/empty.txt", "text/plain; charset=utf-8"),
    ])
    func get_ofAFile_hasItsType(target: String, type: String) throws {
        let files = try site.load()
        for transport in Transport.allCases {
            let request = SyntheticRequest("GET", target)
            let response = try transport.respond(to: request, staticFiles: files)
            #expect(response.status == 200)
            #expect(response.header("Content-Type") == type)
            #expect(response.header("Cache-Control") == "no-cache")
            #expect(response.header("Content-Security-Policy") != nil)
            #expect(response.header("Content-Length") == "\(response.body.count)")
        }
    }

    @Test(arguments: [
        "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/lesson/../../secret.txt",
        "/lesson/..%2f..%2fsecret.txt", "//etc/passwd", "/%2fetc/passwd", "/link.txt",
        "/up/secret.txt", "/.hidden", "/./index.html", "/lesson", "/index",
        "/index.html/", "/index.html%00",
        "/a.txt%2500", "/..\\secret.txt", "/%252e%252e/secret.txt", "/lesson//",
    ])
    func get_ofAPathOutOfTheFolder_findsNothing(target: String) throws {
        let files = try site.load()
        for transport in Transport.allCases {
            let request = SyntheticRequest("GET", target)
            let response = try transport.respond(to: request, staticFiles: files)
            #expect(response.status == 404 || response.status == 400, "\(target)")
            #expect(!response.text.contains("secret\n"))
        }
    }

    @Test(arguments: Transport.allCases)
    func get_withTheEntityTag_isNotModified(transport: Transport) throws {
        let files = try site.load()
        let first = try transport.respond(to: SyntheticRequest("GET", "/a.txt"), staticFiles: files)
        let tag = try #require(first.header("ETag"))
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 18)
        for field in [tag, "W/\(tag)", "*", "\"x\", \(tag)", "W/\"x\",\(tag) "] {
            let request = SyntheticRequest("GET", "/a.txt", headers: [("If-None-Match", field)])
            let response = try transport.respond(to: request, staticFiles: files)
            #expect(response.status == 304, "\(field)")
            #expect(response.header("ETag") == tag)
            #expect(response.header("Content-Length") == first.header("Content-Length"))
            #expect(response.body.isEmpty)
        }
        let other = SyntheticRequest("GET", "/a.txt", headers: [("If-None-Match", "\"x\", W/, ,")])
        #expect(try transport.respond(to: other, staticFiles: files).status == 200)
    }

    @Test func load_ofChangedContent_changesTheEntityTag() throws {
        let request = SyntheticRequest("GET", "/a.txt")
        let before = makeSampleRouter(staticFiles: try site.load()).respond(to: request)
        site.write("b.txt", to: "site/a.txt")
        let after = makeSampleRouter(staticFiles: try site.load()).respond(to: request)
        #expect(before.header("ETag") != after.header("ETag"))
        #expect(after.text == "b.txt")
    }

    @Test(arguments: Transport.allCases)
    func otherMethods_onAFile_areAnswered(transport: Transport) throws {
        let files = try site.load()
        let head = try transport.respond(to: SyntheticRequest("HEAD", "/a.txt"), staticFiles: files)
        #expect(head.status == 200 && head.body.isEmpty)
        #expect(head.header("Content-Length") == "5")
        let put = try transport.respond(to: SyntheticRequest("PUT", "/a.txt"), staticFiles: files)
        #expect(put.status == 405)
        #expect(put.header("Allow") == "GET, HEAD, OPTIONS")
        let options = try transport.respond(
            to: SyntheticRequest("OPTIONS", "/"), staticFiles: files)
        #expect(options.status == 204)
    }

    @Test(arguments: Transport.allCases)
    func get_withEmbed_letsOthersFrameThePagesOfOneFolderOnly(transport: Transport) throws {
        let files = try site.load(framedPath: "/lesson/")
        for target in ["/lesson/?embed", "/lesson/?embed=map&x=1", "/lesson/index.html?x=1&embed="]
        {
            for method in ["GET", "HEAD"] {
                let request = SyntheticRequest(method, target)
                let response = try transport.respond(to: request, staticFiles: files)
                #expect(response.status == 200)
                #expect(
                    response.header("Content-Security-Policy")
                        == "default-src 'self'; frame-ancestors *")
                #expect(response.header("Cross-Origin-Resource-Policy") == "cross-origin")
                #expect(response.header("X-Frame-Options") == nil)
                #expect(response.header("X-Content-Type-Options") == "nosniff")
            }
        }
        let kept = [
            "/lesson/", "/lesson/?embedded", "/lesson/?x=embed", "/?embed", "/guide?embed=map",
            "/a.js?embed", "/lesson/none.html?embed",
        ]
        for target in kept {
            let request = SyntheticRequest("GET", target)
            let response = try transport.respond(to: request, staticFiles: files)
            #expect(
                response.header("Content-Security-Policy")
                    == "default-src 'self'; frame-ancestors 'none'", "\(target)")
        }
    }

    @Test func get_withEmbed_framesNothingUnlessAskedTo() throws {
        let router = makeSampleRouter(staticFiles: try site.load())
        let response = router.respond(to: SyntheticRequest("GET", "/lesson/?embed"))
        #expect(response.header("Content-Security-Policy")?.hasSuffix("'none'") == true)
    }

    @Test func load_ofNoFolder_saysWhy() {
        let error = #expect(throws: StaticFilesError.self) {
            try StaticFiles(directory: "/nowhere")
        }
        #expect(error?.description == "cannot read /nowhere: No such file or directory")
    }
}
