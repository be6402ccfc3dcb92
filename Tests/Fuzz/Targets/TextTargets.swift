import KernelMemory
import MicroHTTPD

@testable import MemoryAPI

extension FuzzTarget {
    /// The readers of gfp masks and of calls as texts: the quick one agrees with the one that explains, and
    /// what was read is written as something that reads the same.
    static let gfp = FuzzTarget(name: "gfp") { bytes in
        try readMask(bytes)
        var reader = CallReader(.i386)
        let machine = Machine(booting: image)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = UnsafeRawBufferPointer(rebasing: line)
            _ = try? reader.read(line: line, in: .body)
            let text = String(decoding: line, as: UTF8.self)
            guard let call = try? KernelCall(parsing: text) else { continue }
            var json = JSONWriter(OutputBuffer())
            json.answerWithoutRun(call, machine)
            _ = json.finish()
        }
    }

    private static let image: BootImage = {
        guard let configuration = try? MachineConfiguration(kind: .classroom) else {
            fatalError("the classroom does not boot")
        }
        return BootImage(configuration)
    }()

    private static func readMask(_ bytes: UnsafeRawBufferPointer) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let slow = try? GFPFlags(parsing: text)
        if let quick = GFPText.table.flags(bytes) {
            try demand(quick == slow, "\(text) is \(quick) and \(String(describing: slow))")
        }
        guard let slow else { return }
        let again = try? GFPFlags(parsing: slow.description)
        try demand(again == slow, "\(text) is written as \(slow.description)")
    }
}
