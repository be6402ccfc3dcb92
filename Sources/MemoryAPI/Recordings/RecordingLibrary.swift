import Glibc
import KernelMemory
import KernelTraces
import Logging
import Synchronization

/// A recorded machine that the service ships.
struct ShippedRecording: Sendable {
    /// Its name, what it shows, where it was taken from.
    let note: RecordingNote
    /// The kernel's release.
    let release: String
    /// Frames that the zones span, and how many of them are free.
    let frames: (spanned: UInt64, free: Int64)
    let digest: RecordingDigest
    let image: SharedImage
}

/// The recorded machines of a folder, read when somebody first asks for them.
///
/// A file that cannot be read or contradicts itself is left out, with a line in the log; it never
/// keeps the service from running.
public final class RecordingLibrary: Sendable {
    private let folder: String?
    private let log: Logger
    private let loaded = Mutex<[ShippedRecording]?>(nil)

    /// - Parameter folder: where the files `NAME.jsonl.gz` are; `nil` for none.
    public init(folder: String? = nil, log: Logger = Logger(label: "kmemlab")) {
        self.folder = folder
        self.log = log
    }

    /// All of them, by name. A thread that has a JSON document loses it here.
    var recordings: [ShippedRecording] {
        loaded.withLock { loaded in
            if let loaded { return loaded }
            let recordings = load()
            loaded = recordings
            return recordings
        }
    }

    /// The names, for a message.
    var names: [String] { recordings.map(\.note.name) }

    /// The recording of a name.
    func recording(named name: String) -> ShippedRecording? {
        recordings.first { $0.note.name == name }
    }

    /// The recording with some content; `nil` if no shipped one has it.
    func recording(with digest: RecordingDigest) -> ShippedRecording? {
        recordings.first { $0.digest == digest }
    }

    private func load() -> [ShippedRecording] {
        guard let folder else { return [] }
        var recordings: [ShippedRecording] = []
        for path in files(of: folder) {
            do throws(TraceError) {
                let recording = try ShippedRecording(try RecordingFile.read(path: path))
                let isTaken = recordings.contains { $0.note.name == recording.note.name }
                if isTaken { throw .unreadable("another file has the same name") }
                recordings.append(recording)
            } catch {
                log.warning("recording left out", metadata: ["file": "\(path)", "why": "\(error)"])
            }
        }
        return recordings
    }

    private func files(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".jsonl.gz") || name.hasSuffix(".jsonl") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { "\(folder)/\($0)" }
    }
}

extension ShippedRecording {
    /// - Throws: if the file has no note, or the machine does not boot.
    fileprivate init(_ dump: RecordedDump) throws(TraceError) {
        guard let note = dump.note else {
            throw .unreadable("the first line is no note; kmemlab extract writes one")
        }
        let recording = dump.recording
        digest = recording.digest
        image = SharedImage(recording)
        do throws(RecordingError) {
            _ = try image.booted()
        } catch { throw .unreadable("\(dump.fault(error))") }
        self.note = note
        release = dump.release
        frames = recording.zones.reduce(into: (0, 0)) { sum, zone in
            sum.spanned += UInt64(zone.spanned)
            sum.free += zone.freeLists.reduce(0) { $0 + Int64($1.pfns.count) << Int64($1.order) }
        }
    }
}
