import Glibc
import KernelMemory
import KernelTraces

@testable import MemoryAPI

extension FuzzTarget {
    /// Dumps of machines, as lines: each is refused, or it is a machine that is sound and goes on being so.
    static let recording = FuzzTarget(name: "recording") { bytes in
        var body = PaddedBytes()
        body.append(bytes)
        defer { withExtendedLifetime(body) {} }
        let image: BootImage
        do {
            let dump = try UploadedDump(lines: body.bytes)
            // What others may be is bounded by the server's limits; here it is a matter of time.
            guard dump.dump.recording.zones.allSatisfy({ $0.spanned <= 1 << 15 }) else { return }
            image = try BootImage(recording: dump.dump.recording)
        } catch { return }
        var machine = Machine(booting: image)
        try check(machine)
        for order: UInt32 in [0, 3, 0, 1] {
            _ = machine.apply(.allocPages([.kernel, .noWarn], order: order))
            _ = machine.apply(.kmalloc(size: UInt64(order) * 100, .kernel))
        }
        try check(machine)
    }

    private static func check(_ machine: Machine) throws {
        let violation = machine.invariantViolation()
        try demand(violation == nil, violation ?? "")
    }

    /// Files of traces, packed or not: the replay says what is wrong, or that nothing is.
    static let trace = FuzzTarget(name: "trace") { bytes in
        // A file that only its descriptor names.
        var name = Array("/tmp/kmemlab-fuzz-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        guard file >= 0 else { return }
        unlink(name)
        defer { close(file) }
        guard write(file, bytes.baseAddress, bytes.count) == bytes.count else { return }
        let path = "/proc/self/fd/\(file)"
        let result = TraceReplay.replay(path: path)
        if let failure = result.failure { try demand(!failure.summary.isEmpty, "no reason") }
        _ = try? RecordingFile.read(path: path)
    }
}
