import Foundation
import KernelMemory

/// Does what a recorded driver did, and writes down what it would have said between the kernel's lines.
struct SlabMisuseCase {
    var machine: Machine
    private(set) var lines: [String] = []
    private var printed = 0

    init(debug: Bool) throws {
        machine = Machine(try MachineConfiguration(memoryInMiB: 512, debug: debug))
    }

    mutating func say(_ text: String) {
        takeLog()
        // The driver had a buffer of 200 bytes.
        lines.append("KMO: " + text.prefix(199))
    }

    /// All lines, when the case is over.
    mutating func finish() -> [String] {
        takeLog()
        return lines
    }

    private mutating func takeLog() {
        lines += machine.log[printed...].map(\.text)
        printed = machine.log.count
    }

    @discardableResult
    mutating func call(_ call: KernelCall) -> UInt64 {
        guard !machine.isHalted, case .address(let address) = machine.apply(call).returned else {
            return 0
        }
        return address.rawValue
    }

    mutating func kmalloc(_ size: UInt64, _ gfp: GFPFlags = .kernel) -> UInt64 {
        call(.kmalloc(size: size, gfp))
    }
    mutating func kfree(_ address: UInt64) { call(.kfree(VirtualAddress(address))) }
    mutating func store(_ address: UInt64, _ byte: UInt8) {
        call(.store(VirtualAddress(address), [byte]))
    }
    mutating func fill(_ address: UInt64, _ length: UInt32) {
        call(.memset(VirtualAddress(address), byte: 0x5c, length: length))
    }
    mutating func makeCache(_ name: String, flags: CacheFlags = []) -> VirtualAddress {
        VirtualAddress(
            call(
                .kmemCacheCreate(
                    CacheRequest(name: name, size: 64, flags: flags, constructor: .unknown))))
    }
    mutating func allocate(_ cache: VirtualAddress) -> UInt64 {
        call(.kmemCacheAlloc(cache, .kernel))
    }
    mutating func free(_ cache: VirtualAddress, _ object: UInt64) {
        call(.kmemCacheFree(cache, object: VirtualAddress(object)))
    }
    func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
        machine.bytes(at: VirtualAddress(address), count: count) ?? []
    }
    func hex(_ address: UInt64, _ count: Int) -> String {
        bytes(address, count).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined(separator: " ")
    }

    /// Brings kmalloc's slab of 64 bytes to where the recorded one was: on a plain machine two
    /// objects behind the next one are in use, on a checking one five others.
    mutating func prepare(debug: Bool) {
        let objects = (0..<(debug ? 6 : 3)).map { _ in kmalloc(64) }
        kfree(objects[debug ? 3 : 0])
    }
}

/// Takes out of the recorded lines, and of the machine's, what is not the same in the two.
enum RecordedText {
    private static let rules: [(String, String)] = [
        (#"Tainted: G {11}O {6}"#, "Not tainted"),
        (#"Tainted: G {4}B {6}O {6}"#, "Tainted: G    B             "),
        (#"PID: 2\d"#, "PID: 1"), (#"pid=\d+"#, "pid=1"), (#"age=\d+"#, "age=0"),
        (#"\+0x[0-9a-f]+/0x[0-9a-f]+( \[kmemoracle\])?"#, ""),
        (#"misuse\.constprop\.0|kvfree|step_\d+"#, "caller"),
        (#"(bad address \()[0-9a-f]{8}"#, "$1object"),
        (#"(Slab 0x)[0-9a-f]{8}"#, "$1page"),
        (#"(page fault for address: )[0-9a-f]{8}"#, "$1page"),
        (#"(0x|  |\()[cdef][0-9a-f]{4}([0-9a-f]{3})\b"#, "$1page$2"),
        (#"((kfree|same=1): (5c ){32})([0-9a-f]{2} ){4}"#, "$1pointer "),
        (#"-0x[cdf][0-9a-f]{4}([0-9a-f]{3})\b"#, "-0xpage$1"),
    ]

    static func normal(_ line: String) -> String {
        rules.reduce(line) {
            $0.replacingOccurrences(of: $1.0, with: $1.1, options: .regularExpression)
        }
    }

    /// The machine's lines that the excerpts have too: no call traces.
    static func withoutTraces(_ lines: [String]) -> [String] {
        withoutMemoryReports(lines).filter {
            !$0.hasPrefix(" ") && $0 != "Call Trace:" && !$0.hasPrefix("Modules linked in")
                && !$0.hasPrefix("*pde")
        }
    }

    /// The same without the numbers of memory in use, which are the recorded boot's own.
    private static func withoutMemoryReports(_ lines: [String]) -> [String] {
        var isInReport = false
        return lines.filter { line in
            if line == "Mem-Info:" { isInReport = true }
            defer { if line.hasSuffix("pages reserved") { isInReport = false } }
            return !isInReport
        }
    }

    static func excerpt(_ name: String, debug: Bool) throws -> [String] {
        try excerpt("SlabMisuse/\(debug ? "debug" : "plain")/\(name)")
    }

    static func excerpt(_ path: String) throws -> [String] {
        let file = Bundle.module.resourceURL!.appendingPathComponent("\(path).txt")
        return try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
