import ArgumentParser
import Glibc
import Logging
import MemoryAPI
import MicroHTTPD

/// Where the pages, the recordings and the OpenAPI file are.
///
/// `Public`, `Recordings` and `openapi` lie at the top of the checkout: looked for in the working directory, and
/// then upwards from the executable, which is somewhere in the checkout's `.build`.
struct SiteFolders {
    private let publicFolder: String?
    private let recordingsFolder: String?
    private let roots: [String]

    init(publicFolder: String?, recordingsFolder: String?) {
        self.publicFolder = publicFolder
        self.recordingsFolder = recordingsFolder
        roots = ["."] + Self.parents(of: Self.executable)
    }

    /// The pages, or `nil` if there are none. Those of the book may be shown in a frame anywhere: a chapter has a
    /// session of its own, named by a token, and never acts on the visitor's cookie.
    func staticFiles(_ log: Logger) throws -> StaticFiles? {
        guard let folder = publicFolder ?? found("Public") else {
            log.notice("no folder Public: serving no pages")
            return nil
        }
        return try StaticFiles(directory: folder, framedPath: "/book/")
    }

    /// The recorded machines, read when somebody asks for them.
    func recordings(_ log: Logger) -> RecordingLibrary {
        let folder = recordingsFolder ?? found("Recordings")
        if folder == nil { log.notice("no folder Recordings: shipping no recorded machines") }
        return RecordingLibrary(folder: folder, log: log)
    }

    /// The OpenAPI file in both forms, or `nil` if there is none.
    ///
    /// - Throws: a sentence that names the file if it is no OpenAPI file.
    func interfaceDescription(_ log: Logger) throws -> InterfaceDescription? {
        guard let path = found("openapi/openapi.yaml") else {
            log.notice("no openapi/openapi.yaml: serving no description")
            return nil
        }
        let yaml = try readFile(path)
        do {
            let document = try YAMLDocument(yaml)
            guard !document.isEmpty else { throw ValidationError("it is empty") }
            for key in ["openapi", "info", "paths"] where !document.has(key) {
                throw ValidationError("it has no \(key)")
            }
            return InterfaceDescription(yaml: yaml, json: try document.json())
        } catch { throw ValidationError("\(path) is no OpenAPI file: \(error)") }
    }

    private func found(_ name: String) -> String? {
        roots.map { "\($0)/\(name)" }.first { access($0, R_OK) == 0 }
    }

    private static var executable: String {
        guard let path = realpath("/proc/self/exe", nil) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    private static func parents(of path: String) -> [String] {
        var parents: [String] = []
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/"), slash > rest.startIndex {
            rest = rest[..<slash]
            parents.append(String(rest))
        }
        return parents
    }
}

private func readFile(_ path: String) throws -> String {
    guard let file = fopen(path, "rb") else {
        throw ValidationError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&block, 1, block.count, file)
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += block[..<count]
    }
}
