import Glibc
import MemoryAPI

/// A file that cannot be read, or that is no scenario.
struct GradeFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A scenario or a submission as it lies in a file.
struct GradeFile {
    /// What is in it, by the ending of its name.
    enum Kind {
        case json, yaml, lines
    }

    let bytes: [UInt8]
    let kind: Kind

    /// Reads a file; `-` is the standard input, which has JSON.
    init(_ path: String) throws(GradeFileError) {
        let ending = path.split(separator: ".").last.map { $0.lowercased() }
        kind =
            switch ending {
            case "yaml", "yml": .yaml
            case "json", "-": .json
            default: .lines
            }
        bytes = try Self.read(path)
    }

    private static func read(_ path: String) throws(GradeFileError) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw unreadable(path) }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= Grader.fileLimit else {
                throw GradeFileError("\(path) has more than \(Grader.fileLimit) bytes.")
            }
        }
    }

    private static func unreadable(_ path: String) -> GradeFileError {
        GradeFileError("cannot read \(path): \(String(cString: strerror(errno)))")
    }

    /// The YAML as JSON.
    func json() throws -> [UInt8] {
        let document = try YAMLDocument(String(decoding: bytes, as: UTF8.self))
        return Array(try document.json(limit: Grader.fileLimit).utf8)
    }
}
