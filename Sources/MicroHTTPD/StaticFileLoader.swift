import Glibc

/// A file as it was read.
struct LoadedFile {
    /// The request path, `/style/main.css`.
    var path: [UInt8]
    var content: [UInt8]
    var contentType: StaticString
    /// Whether it is HTML.
    var isPage: Bool
    /// A strong entity tag with its quotes, made from the content.
    var entityTag: String
}

/// Reads all files below a folder. `index.html` is also found by its folder's path, and any other
/// page by its path without `.html`.
func loadFiles(below directory: String) throws(StaticFilesError) -> [LoadedFile] {
    var files: [LoadedFile] = []
    var waiting = [(directory: directory, path: "/")]
    while let next = waiting.popLast() {
        for name in try visibleNames(in: next.directory) {
            let file = "\(next.directory)/\(name)"
            switch try kind(of: file) {
            case S_IFDIR: waiting.append((file, "\(next.path)\(name)/"))
            case S_IFREG: files += try load(file, folder: next.path, name: name)
            default: break
            }
        }
    }
    return files
}

private func load(
    _ file: String, folder: String, name: String
) throws(StaticFilesError) -> [LoadedFile] {
    let content = try read(file)
    let loaded = LoadedFile(
        path: Array("\(folder)\(name)".utf8), content: content, contentType: contentType(of: name),
        isPage: name.hasSuffix(".html"),
        entityTag: "\"\(hexText(contentHash(content)))-\(content.count)\"")
    guard let stem = shortName(of: name) else { return [loaded] }
    var short = loaded
    short.path = Array("\(folder)\(stem)".utf8)
    return [loaded, short]
}

/// What a page may be called instead of its file name, `""` for a folder's index; `nil` for other
/// files.
private func shortName(of name: String) -> String? {
    guard name.hasSuffix(".html"), name != ".html" else { return nil }
    return name == "index.html" ? "" : String(name.dropLast(5))
}

/// The names in a folder that do not begin with a dot.
private func visibleNames(in directory: String) throws(StaticFilesError) -> [String] {
    guard let stream = opendir(directory) else { throw lastError(directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

/// The file type bits; a symbolic link is not followed.
private func kind(of file: String) throws(StaticFilesError) -> mode_t {
    var status = stat()
    guard lstat(file, &status) == 0 else { throw lastError(file) }
    return status.st_mode & S_IFMT
}

private func read(_ file: String) throws(StaticFilesError) -> [UInt8] {
    let descriptor = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw lastError(file) }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &block, block.count)
        guard count >= 0 else { throw lastError(file) }
        guard count > 0 else { return content }
        content += block[..<count]
    }
}

private func lastError(_ path: String) -> StaticFilesError {
    StaticFilesError(path: path, reason: String(cString: strerror(errno)))
}

private func contentType(of name: String) -> StaticString {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "ico": "image/x-icon"
    case "json": "application/json"
    case "txt", "md": "text/plain; charset=utf-8"
    case "woff2": "font/woff2"
    case "yaml", "yml": "application/yaml"
    case "wasm": "application/wasm"
    default: "application/octet-stream"
    }
}

/// FNV-1a, 64 bits: it tells one content of a file from the next; nobody attacks it.
private func contentHash(_ content: [UInt8]) -> UInt64 {
    content.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

private func hexText(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
