import Glibc

/// The files of a folder, read into memory once and served by their path.
///
/// A request's path is looked up among the paths that were found at the start, byte for byte,
/// so no path leads out of the folder, whatever is in it. Symbolic links and names that begin
/// with a dot are left out. Meant for a small site; a changed file shows after a restart.
public final class StaticFiles: @unchecked Sendable {
    /// Sorted by path.
    private let files: UnsafeMutableBufferPointer<StaticFile>

    /// Reads a folder with everything below it.
    ///
    /// - Parameters:
    ///   - directory: the folder's path.
    ///   - framedPath: the path, `/book/`, whose pages may be shown in frames of other sites when they
    ///     are asked for with `?embed`; `nil` for none. Only for pages that never act on a cookie:
    ///     a frame's visitor may be led to click in it.
    /// - Throws: ``StaticFilesError`` when something in it cannot be read.
    public init(
        directory: String, framedPath: String? = nil
    ) throws(StaticFilesError) {
        var found = try loadFiles(below: directory)
        found.sort { $0.path.lexicographicallyPrecedes($1.path) }
        files = .allocate(capacity: found.count)
        for (index, file) in found.enumerated() {
            let isFramable =
                file.isPage && framedPath.map { file.path.starts(with: $0.utf8) } == true
            files.initializeElement(at: index, to: StaticFile(file, isFramable: isFramable))
        }
    }

    deinit {
        for file in files { file.deallocate() }
        files.deallocate()
    }

    /// How many paths there are; a page has two.
    public var pathCount: Int { files.count }

    /// Finds a file by its decoded path.
    ///
    /// - Returns: the file, valid while this object lives; `nil` when there is none.
    /// - Complexity: O(log files).
    func file(at path: UnsafeRawBufferPointer) -> UnsafeMutablePointer<StaticFile>? {
        var low = 0
        var high = files.count
        while low < high {
            let middle = (low + high) / 2
            if isOrdered(files[middle].path, path) { low = middle + 1 } else { high = middle }
        }
        guard low < files.count, isEqual(files[low].path, path) else { return nil }
        return files.baseAddress.unsafelyUnwrapped + low
    }
}

/// Why a folder was not read.
public struct StaticFilesError: Error, Equatable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// The system's reason.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "cannot read \(path): \(reason)" }
}

/// One path of the site, with everything that its response needs.
struct StaticFile {
    let path: UnsafeRawBufferPointer
    /// Whether other sites may show it in a frame when it is asked for with `?embed`.
    let isFramable: Bool
    private let content: UnsafeRawBufferPointer
    private let contentType: StaticString
    private let entityTag: UnsafePointer<CChar>

    init(_ file: LoadedFile, isFramable: Bool) {
        path = copyBytes(file.path)
        self.isFramable = isFramable
        content = copyBytes(file.content)
        contentType = file.contentType
        guard let tag = strdup(file.entityTag) else { fatalError("out of memory") }
        entityTag = UnsafePointer(tag)
    }

    func deallocate() {
        path.deallocate()
        content.deallocate()
        free(UnsafeMutablePointer(mutating: entityTag))
    }

    /// Answers with the file, or with 304 when the client has it.
    func respond(ifNoneMatch field: UnsafeRawBufferPointer?, _ response: inout Response) {
        response.protection = .page
        response.setHeader("Cache-Control", "no-cache")
        response.set(HeaderField(name: cString("ETag"), value: entityTag))
        response.body = OutputBuffer(lending: content)
        if let field, matches(ifNoneMatch: field) {
            response.status = 304
        } else {
            response.setHeader("Content-Type", contentType)
        }
    }

    /// Whether a list of entity tags names this file; `W/` does not matter here (RFC 9110, 13.1.2).
    private func matches(ifNoneMatch field: UnsafeRawBufferPointer) -> Bool {
        let tag = UnsafeRawBufferPointer(start: entityTag, count: strlen(entityTag))
        var start = 0
        while start < field.count {
            let end = firstIndex(of: UInt8(ascii: ","), in: field, from: start)
            var candidate = trimmed(slice(field, from: start, to: end))
            if candidate.count > 2, isEqual(slice(candidate, from: 0, to: 2), rawBytes("W/")) {
                candidate = slice(candidate, from: 2, to: candidate.count)
            }
            if isEqual(candidate, rawBytes("*")) || isSame(candidate, tag) { return true }
            start = end + 1
        }
        return false
    }
}

/// Whether a tag is a file's, or that of its packed form: `"…-gzip"`.
private func isSame(_ candidate: UnsafeRawBufferPointer, _ tag: UnsafeRawBufferPointer) -> Bool {
    let suffix = rawBytes("-gzip\"")
    let stem = tag.count - 1
    guard candidate.count == stem + suffix.count else { return isEqual(candidate, tag) }
    return isEqual(slice(candidate, from: 0, to: stem), slice(tag, from: 0, to: stem))
        && isEqual(slice(candidate, from: stem, to: candidate.count), suffix)
}

private func copyBytes(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(copy)
}

/// Whether one path sorts before another, by bytes.
private func isOrdered(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    left.lexicographicallyPrecedes(right)
}
