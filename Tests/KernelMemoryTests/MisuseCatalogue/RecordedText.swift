import Foundation
import KernelMemory

/// Takes out of the recorded lines, and of the machine's, what is not the same in the two.
enum RecordedText {
    /// What the kernel of a variant printed in a case, and the driver in between.
    ///
    /// The files have the recorded text without call traces, registers, code bytes and lists of modules.
    static func lines(_ name: String, _ variant: KernelVariant) throws -> [String] {
        let file = folder(variant).appendingPathComponent("\(name).txt")
        return try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// The names of all cases that were recorded.
    static func names(_ variant: KernelVariant) throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder(variant), includingPropertiesForKeys: nil)
        return Set(files.map { $0.deletingPathExtension().lastPathComponent })
    }

    private static func folder(_ variant: KernelVariant) -> URL {
        Bundle.module.resourceURL!.appendingPathComponent("Misuse/\(variant.rawValue)")
    }

    /// The machine's lines that the files have too: no call traces.
    static func withoutTraces(_ lines: [String]) -> [String] {
        var isInTrace = false
        return lines.filter { line in
            if line == "Call Trace:" { isInTrace = true }
            isInTrace = isInTrace && (line == "Call Trace:" || line.hasPrefix(" "))
            return !isInTrace && !line.hasPrefix("Modules linked in")
        }
    }

    /// Whether the kernel ended the task.
    static func isFatal(_ lines: [String]) -> Bool {
        lines.contains { $0.hasPrefix("Oops: ") || $0.hasPrefix("kernel BUG at ") }
    }

    /// The lines with all that masked.
    static func normal(_ lines: [String]) -> [String] {
        let first = lines.lazy.compactMap(FrameText.firstFrame).first ?? 0
        return lines.map { line in
            let text = FrameText.relative(line, to: first)
            return rules.reduce(text) {
                $0.replacingOccurrences(of: $1.0, with: $1.1, options: .regularExpression)
            }
        }
    }

    private static let rules = users + addresses + memory

    /// Who ran, when, and where in a function; and the taint of a module from elsewhere.
    private static let users = [
        (#"(Tainted: G.{11})O"#, "$1 "), (#"Tainted: G {18}"#, "Not tainted"),
        (#"PID: 2\d"#, "PID: 1"), (#"pid=\d+"#, "pid=1"), (#"pid: \d+"#, "pid: 1"),
        (#"init\[\d+\]"#, "init[1]"),
        (#"age=\d+"#, "age=0"), (#"\+0x[0-9a-f]+/0x[0-9a-f]+( \[kmemoracle\])?"#, ""),
        (#"(__get_vm_area_node)\.constprop\.0"#, "$1"),
        (#"misuse\.constprop\.0|hex_string|kvfree|step_\d+"#, "caller"),
    ]

    /// Addresses, but for the place within a page where that is the driver's doing.
    private static let addresses = [
        (#"(bad address \()[0-9a-f]{8}"#, "$1object"),
        (#"(Slab 0x|page:)[0-9a-f]{8}"#, "$1page"),
        (#"(page fault for address: )[0-9a-f]{8}"#, "$1page"),
        (#"(\*p[dt]e = )[0-9a-f]{5}"#, "$1frame"),
        (#"(0x|  |\()[cdef][0-9a-f]{4}([0-9a-f]{3})\b"#, "$1page$2"),
        (#"((kfree|same=1): (5c ){32})([0-9a-f]{2} ){4}"#, "$1pointer "),
        (#"-0x[cdf][0-9a-f]{4}([0-9a-f]{3})\b"#, "-0xpage$1"),
        // The links of a page; of one on no list they are what boot or an earlier list left there.
        (#"(raw: [0-9a-f]{8}) [0-9a-f]{8} [0-9a-f]{8}"#, "$1 next previous"),
    ]

    /// How much memory was in use, and in what blocks the rest was.
    private static let memory = [
        (#"order 10 failed after \d+"#, "order 10 failed after n"),
        (#"\b((in)?active_\w+|unevictable|mapped):\d+"#, "$1:n"),
        (#"\b(slab_(un)?reclaimable|pagetables|kernel_stack):\d+"#, "$1:n"),
        (#"\b(free|free_pcp|local_pcp):\d+"#, "$1:n"),
        (#"(order 0 -> pfn) first(-\d+|\+\d\d+)"#, "$1 elsewhere"),
        (#"\d+( total pagecache pages)"#, "n$1"), (#" \d+\*(\d+kB)( \([UMEHCI]+\))?"#, " n*$1"),
        (#"= \d+kB$"#, "= n"),
    ]
}

/// Frame numbers, which are another machine's: told by their distance from the first one of a case.
private enum FrameText {
    static func firstFrame(_ line: String) -> Int? {
        guard line.hasPrefix("KMO: "), let match = line.firstMatch(of: /pfn (\d+)/) else {
            return nil
        }
        return Int(match.1)
    }

    static func relative(_ line: String, to first: Int) -> String {
        let line = line.replacing(/pfn (\d+)/) { "pfn \(text(Int($0.1)!, first))" }
        return line.replacing(/pfn:(0x)?([0-9a-f]+)/) {
            "pfn:\(text(Int($0.2, radix: 16)!, first))"
        }
    }

    /// Frames farther away depend on what else is free.
    private static func text(_ pfn: Int, _ first: Int) -> String {
        let distance = pfn - first
        return abs(distance) <= 64 ? "first\(distance < 0 ? "" : "+")\(distance)" : "elsewhere"
    }
}
