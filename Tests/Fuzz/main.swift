// The fuzzers: libFuzzer makes bytes, and one of the targets takes them.
//
//     FUZZ_TARGET=json .build/fuzz/release/fuzz -max_total_time=60 CORPUS
//
// Only built when KMEMLAB_FUZZ is set (see Package.swift and `make fuzz`); `swift test` runs the
// corpora alone.

import Glibc

/// libFuzzer's loop. The corresponding C function is `LLVMFuzzerRunDriver`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// The target that the environment names.
private enum Chosen {
    static let target: FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fatalError(
                "FUZZ_TARGET must be one of " + FuzzTarget.all.map(\.name).joined(separator: ", "))
        }
        return target
    }()
}

private var count = CommandLine.argc
private var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
    CommandLine.unsafeArgv
exit(
    runDriver(&count, &arguments) { start, count in
        do {
            try Chosen.target.run(UnsafeRawBufferPointer(start: start, count: count))
        } catch { fatalError("\(error)") }
        return 0
    })
