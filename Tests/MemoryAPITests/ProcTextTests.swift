import KernelMemory
import Testing

/// The texts of `/proc`, byte for byte as real kernels of release 6.1 printed them.
@Suite struct ProcTextTests {
    private static let machines = ["i386-1024-2cpu", "i386-128", "x86_64-4096"]

    @Test(arguments: machines)
    func buddyinfo_ofARealMachine_isTheSame(machine: String) throws {
        let text = Self.fixture(machine, "buddyinfo")
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
        let zones = lines.map { words in
            BuddyInfo(zone: String(words[3]), freeBlocks: words[4...].compactMap { Int32($0) })
        }
        #expect(zones.map(\.text).joined() == text)
    }

    @Test(arguments: machines)
    func pagetypeinfo_ofARealMachine_isTheSame(machine: String) throws {
        let text = Self.fixture(machine, "pagetypeinfo")
        let lines = text.split(separator: "\n").map { $0.split { $0 == " " || $0 == "," } }
        let free = lines.filter { $0.count > 4 && $0[4] == "type" }
        let blocks = lines.filter { $0.first == "Node" && $0[4] != "type" }
        let zones = blocks.map { words in
            PageTypeInfo(
                zone: String(words[3]),
                freeBlocks: free.filter { $0[3] == words[3] }.map {
                    $0[6...].compactMap { Int($0) }
                },
                pageBlocks: words[4...].compactMap { Int($0) })
        }
        let order = try #require(Int(lines[0][3]))
        #expect(PageTypeInfo.text(pageBlockOrder: order, zones) == text)
    }

    @Test(arguments: machines)
    func zoneinfo_ofARealMachine_isTheSameWhereTheModelHasNumbers(machine: String) throws {
        let text = Self.withoutForeignCounters(Self.fixture(machine, "zoneinfo"))
        #expect(ZoneInfo.text(try Self.zones(text)) == text)
    }

    /// A fresh machine of the model has the zones that the real one has, with the same limits.
    @Test func zoneinfo_ofABootedMachine_hasTheRealOnesLimits() throws {
        let machine = Machine(try MachineConfiguration(kind: .i386, memoryInMiB: 128))
        let real = try Self.zones(Self.fixture("i386-128", "zoneinfo"))
        let modelled = try Self.zones(machine.zoneInfoText)
        #expect(modelled.map(\.name) == real.map(\.name))
        #expect(modelled.map(\.watermarks) == real.map(\.watermarks))
        #expect(modelled.map(\.protection) == real.map(\.protection))
        #expect(modelled.map(\.spanned) == real.map(\.spanned))
    }

    /// The counters of the page cache and the like, which the model prints as 0, set to 0.
    private static func withoutForeignCounters(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("      "), !line.hasPrefix("       "),
                !line.contains("nr_free_pages"), let blank = line.lastIndex(of: " ")
            else { return String(line) }
            return line[...blank] + "0"
        }.joined(separator: "\n")
    }

    private static func zones(_ text: String) throws -> [ZoneInfo] {
        var zones: [ZoneInfo] = []
        for line in text.split(separator: "\n") {
            let words = line.split { " (),:".contains($0) }.map(String.init)
            if words[0] == "Node" {
                zones.append(ZoneInfo(name: words[3]))
            } else {
                try read(words, into: &zones[zones.count - 1])
            }
        }
        return zones
    }

    private static func read(_ words: [String], into zone: inout ZoneInfo) throws {
        let number = words.last.flatMap { Int32($0) } ?? 0
        let last = zone.pageSets.count - 1
        switch words[0] {
        case "pages": zone.free = number
        case "boost": zone.boost = number
        case "min": zone.watermarks[0] = number
        case "low": zone.watermarks[1] = number
        case "high" where last < 0: zone.watermarks[2] = number
        case "high": zone.pageSets[last].high = number
        case "spanned": zone.spanned = UInt32(number)
        case "present": zone.present = UInt32(number)
        case "managed": zone.managed = UInt32(number)
        case "protection": zone.protection = words.dropFirst().compactMap { Int32($0) }
        case "cpu": zone.pageSets.append(.init(count: 0, high: 0, batch: 0, statThreshold: 0))
        case "count": zone.pageSets[last].count = number
        case "batch": zone.pageSets[last].batch = number
        case "vm": zone.pageSets[last].statThreshold = number
        case "start_pfn": zone.start = UInt32(number)
        default: break
        }
    }

    private static func fixture(_ machine: String, _ name: String) -> String {
        readText(repositoryRoot + "/Tests/MemoryAPITests/Fixtures/\(machine)-\(name).txt")
    }
}

@Suite struct FragmentationTests {
    /// Worked by hand after `__fragmentation_index`: 8 free single pages.
    @Test func fragmentation_ofSinglePages_isWorkedByHand() {
        let pages = Fragmentation(freeBlocks: [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(pages.unusableFreeIndex(order: 0) == 0)
        #expect(pages.unusableFreeIndex(order: 1) == 1_000)
        #expect(pages.fragmentationIndex(order: 0) == -1_000)
        #expect(pages.fragmentationIndex(order: 1) == 1_000 - (1_000 + 4_000) / 8)
        #expect(pages.fragmentationIndex(order: 10) == 1_000 - (1_000 + 7) / 8)
    }

    @Test func fragmentation_ofNothing_isUnusable() {
        let nothing = Fragmentation(freeBlocks: InlineArray(repeating: 0))
        #expect(nothing.unusableFreeIndex(order: 3) == 1_000)
        #expect(nothing.fragmentationIndex(order: 3) == 0)
    }
}
