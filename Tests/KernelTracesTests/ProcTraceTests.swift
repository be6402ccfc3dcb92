import Foundation
import KernelMemory
import Testing

/// `/proc/slabinfo` and `/proc/meminfo` beside those of the kernels that were recorded.
@Suite struct ProcTraceTests {
    /// The machine that a recorded one booted as, by the name of its trace.
    private static func machine(_ name: String) throws -> Machine {
        let parts = name.split(separator: "-").map { String($0.prefix { $0 != "." }) }
        let memory = try #require(Int(parts[2].dropFirst()))
        return Machine(
            try MachineConfiguration(
                kind: parts[0] == "i386" ? .i386 : .x86_64,
                memoryInMiB: memory == 4096 && parts[0] == "i386" ? 3072 : memory,
                cpuCount: parts.contains("2cpu") ? 2 : 1))
    }

    /// A file of `/proc` as the recorded kernel printed it.
    private static func text(_ file: String, in name: String) throws -> String {
        for line in try Traces.lines(name) where line.contains("/proc/\(file)") {
            let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if record?["name"] as? String == "/proc/\(file)" {
                return try #require(record?["text"] as? String)
            }
        }
        throw CocoaError(.fileReadNoSuchFile)
    }

    /// The headers of kernels with SLUB.
    private static let headers = Traces.names("header").filter {
        !$0.contains("-m4096") && !$0.hasPrefix("i386slab")
    }

    private static func fields(_ text: String) -> [(name: String, value: Int)] {
        text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return (String(words[0]), Int(words[1]) ?? -1)
        }
    }

    /// The lines are the kernel's in order and form; sizes that do not change after boot are equal.
    @Test(arguments: headers)
    func meminfo_hasTheRecordedLines(_ name: String) throws {
        let (ours, theirs) = (
            Self.fields(try Self.machine(name).memInfoText),
            Self.fields(try Self.text("meminfo", in: name))
        )
        #expect(ours.map(\.name) == theirs.map(\.name))
        let fixed: Set = [
            "MemTotal:", "HighTotal:", "LowTotal:", "CommitLimit:", "VmallocTotal:", "Percpu:",
            "DirectMap4M:",
        ]
        for (our, their) in zip(ours, theirs) where fixed.contains(our.name) {
            #expect(our.value == their.value, "\(our.name)")
        }
        let directMap = [ours, theirs].map { fields in
            fields.filter { $0.name.hasPrefix("DirectMap") }.reduce(0) { $0 + $1.value }
        }
        #expect(directMap[0] == directMap[1])
    }

    /// Widths too: each line with our number in place of the recorded one is ours.
    @Test(arguments: headers)
    func meminfo_isAlignedAsRecorded(_ name: String) throws {
        let ours = try Self.machine(name).memInfoText.split(separator: "\n")
        let theirs = try Self.text("meminfo", in: name).split(separator: "\n")
        #expect(ours.map { $0.prefix(16) } == theirs.map { $0.prefix(16) })
        #expect(ours.map(\.utf8.count) == theirs.map(\.utf8.count))
    }

    /// What is kept from the free pages is what the recorded kernel keeps.
    @Test(arguments: headers)
    func meminfo_available_isReckonedAsRecorded(_ name: String) throws {
        func reserve(_ text: String) -> Int {
            let values = Dictionary(
                uniqueKeysWithValues: Self.fields(text).map { ($0.name, $0.value) })
            let reclaimable = values["KReclaimable:", default: 0] / 4
            let half = reclaimable - reclaimable / 2
            return values["MemFree:", default: 0] - values["MemAvailable:", default: 0] + half * 4
        }
        let ours = reserve(try Self.machine(name).memInfoText)
        #expect(ours == reserve(try Self.text("meminfo", in: name)))
    }

    /// The recorded kernel's first area has 3 pages; but for its addresses, and for who made it, the line
    /// about one of ours with 3 pages is the same.
    @Test(arguments: headers)
    func vmallocinfo_hasTheRecordedForm(_ name: String) throws {
        var machine = try Self.machine(name)
        _ = machine.apply(.vmalloc(size: 3 * 4096))
        let lines = [machine.vmallocInfoText, try Self.text("vmallocinfo", in: name)].compactMap {
            $0.split(separator: "\n").first { $0.contains("pages=3 ") }
        }
        let forms = lines.map { line in
            let size = line.drop { $0 != " " }
            let caller = size.drop { $0 == " " }.drop { $0 != " " }
            let pages = caller.range(of: " pages")?.lowerBound ?? caller.endIndex
            return String(size[..<caller.startIndex]) + "|" + String(caller[pages...])
        }
        #expect(forms.count == 2)
        #expect(forms.first == "   16384| pages=3 vmalloc")
        #expect(forms.first == forms.last)
    }

    /// The same caches in the same order, cut in the same way.
    @Test(arguments: headers)
    func slabinfo_hasTheRecordedCaches(_ name: String) throws {
        let ours = try Self.machine(name).slabInfoText.split(separator: "\n")
        let theirs = try Self.text("slabinfo", in: name).split(separator: "\n")
        #expect(ours.prefix(2) == theirs.prefix(2))
        func shape(_ lines: ArraySlice<Substring>) -> [[Substring]] {
            lines.map { line in
                let words = line.split(separator: " ")
                return [words[0]] + words[3...5] + words[8...10]
            }
        }
        #expect(shape(ours.dropFirst(2)) == shape(theirs.dropFirst(2)))
    }

    /// 129 objects, 70 of them freed again: the first slab is all free, and the CPU keeps it.
    @Test func slabinfo_ofUsedCaches_countsAsTheKernelDoes() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 512))
        var objects: [VirtualAddress] = []
        for _ in 0..<129 {
            if case .address(let object) = machine.apply(.kmalloc(size: 64, .kernel)).returned {
                objects.append(object)
            }
        }
        for object in objects.prefix(70) { _ = machine.apply(.kfree(object)) }
        let lines = machine.slabInfoText.split(separator: "\n").map(String.init)
        // Three slabs: those that a CPU keeps count as used, all of their objects with them.
        let wanted =
            "kmalloc-64           192    192     64   64    1 : tunables    0    0    0"
            + " : slabdata      3      3      0"
        #expect(lines.contains(wanted))
    }
}
