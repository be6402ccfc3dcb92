import KernelMemory
import KernelTestSupport
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// Dumps with one thing wrong: each is refused, naming the field and what would be right, or it is a
/// machine in which all invariants hold and go on holding.
@Suite struct RecordingFuzzTests {
    /// A machine with two zones and two CPUs that has been used, as records.
    private static let records: [JSON] = {
        var machine = Machine(try! MachineConfiguration(memoryInMiB: 20, cpuCount: 2))
        var pages: [(PagePointer, UInt32)] = []
        for index in 0..<400 {
            let masks: [GFPFlags] = [.kernel, .gfpAtomic, .highUserMovable, .dma]
            if index % 50 == 49 { _ = machine.apply(.runOn(cpu: UInt32(index / 50 % 2))) }
            let order = UInt32(index % 4)
            let call = KernelCall.allocPages(masks[index / 4 % 4].union(.noWarn), order: order)
            if case .page(let page) = machine.apply(call).returned { pages.append((page, order)) }
        }
        for (page, order) in pages { _ = machine.apply(.freePagesOf(page, order: order)) }
        return DumpWriter.records(machine)
    }()

    private final class Server {
        let service = MemoryService()
        lazy var router = service.router()

        func post(_ text: String, type: String = "application/json") -> RecordedResponse {
            router.respond(
                to: SyntheticRequest(
                    "POST", "/sessions", headers: [("Content-Type", type)],
                    body: Array(text.utf8)))
        }

        func post(_ records: JSON) -> RecordedResponse {
            post("{\"machine\":\"recorded\",\"dump\":\(records.serialized)}")
        }
    }

    /// What is put in the place of a value.
    private static func mutations(of value: JSON) -> [JSON?] {
        var all: [JSON?] = [nil, .null, .bool(true), .string("x"), .array([]), .object([:])]
        switch value {
        case .int(let number):
            for delta in [-4096, -1, 1, 4096] { all.append(.int(number + delta)) }
            all += [.int(-1), .int(0), .int(1 << 32), .int(.max), .int(.min), .real(1.5)]
        case .string: all += [.string("0x0"), .string("0xffffffffffffffff"), .int(1)]
        case .array(let elements):
            all.append(.array(elements + elements.prefix(1)))
            all.append(.array(elements.reversed()))
            all.append(.array(Array(repeating: elements.last ?? .int(0), count: 1_000)))
        default: break
        }
        return all
    }

    @Test(arguments: 0..<8)
    func dump_withOneFieldChanged_isRefusedOrSound(_ part: Int) throws {
        let whole = JSON.array(Self.records)
        var outcomes: [UInt32: Int] = [:]
        let paths = Self.records.indices.flatMap { index in
            Self.records[index].paths.map { [JSON.Step.element(index)] + $0 }
        }
        for (index, path) in paths.enumerated() where index % 8 == part {
            for mutation in Self.mutations(of: whole[path[...]]) {
                let changed = whole.replacing(path[...], by: mutation)
                guard changed != whole else { continue }
                let name = "\(path) -> \(mutation?.serialized.prefix(40) ?? "nothing")"
                outcomes[try check(changed, name), default: 0] += 1
            }
        }
        #expect(outcomes[422, default: 0] > 100)
        #expect(outcomes[201, default: 0] > 0)
    }

    /// - Returns: the status.
    private func check(_ records: JSON, _ name: String) throws -> UInt32 {
        let server = Server()
        let response = server.post(records)
        let body = try JSON(parsing: response.text)
        guard response.status != 201 else {
            let token = try #require(body["token"].string)
            var machine = try server.service.look(token) { $0.machine }
            try survive(&machine, name)
            return 201
        }
        try #require([400, 422].contains(response.status), "\(name): \(response.text)")
        let fault = body["errors"][0]
        try #require(fault["pointer"].string?.hasPrefix("#/") == true, "\(name): \(response.text)")
        try #require(fault["detail"].string?.hasPrefix("must be ") == true, "\(name)")
        return response.status
    }

    /// Makes random calls that keep the rules; every invariant holds before and behind them.
    private func survive(_ machine: inout Machine, _ name: String) throws {
        try #require(machine.invariantViolation() == nil, "\(name): at once")
        var random = SeededRandom(seed: 11)
        var pages: [(PagePointer, UInt32)] = []
        let masks: [GFPFlags] = [
            .kernel, .gfpAtomic, .highUserMovable, .dma, [.kernel, .reclaimable],
            [.gfpAtomic, .memalloc],
        ]
        for _ in 0..<500 {
            if Int.random(in: 0..<100, using: &random) < 60 || pages.isEmpty {
                let order = UInt32.random(in: 0...10, using: &random) / 2
                let gfp = masks.randomElement(using: &random)!.union(.noWarn)
                let outcome = machine.apply(.allocPages(gfp, order: order))
                if case .page(let page) = outcome.returned { pages.append((page, order)) }
            } else {
                let index = Int.random(in: 0..<pages.count, using: &random)
                pages.swapAt(index, pages.count - 1)
                let (page, order) = pages.removeLast()
                _ = machine.apply(.freePagesOf(page, order: order))
            }
        }
        let violation = machine.invariantViolation()
        try #require(violation == nil, "\(name): \(violation ?? "")")
        try #require(machine.misuseCount == 0, "\(name): \(machine.misuses.map(\.code))")
    }

    @Test func dump_withRecordsLeftOutTwiceOrMoved_isRefusedOrSound() throws {
        for index in Self.records.indices {
            var without = Self.records
            without.remove(at: index)
            let status = try check(.array(without), "without record \(index)")
            #expect(status == 422, "without record \(index): \(Self.records[index].serialized)")
            if index < Self.records.count - 1 {
                var twice = Self.records
                twice.insert(twice[index], at: index)
                _ = try check(.array(twice), "record \(index) twice")
                var moved = Self.records
                moved.swapAt(index, index + 1)
                _ = try check(.array(moved), "records \(index) and the next one changed")
            }
        }
    }

    @Test(arguments: [
        // A frame on two lists; overlapping blocks; a block that is not aligned; outside of its zone.
        (#"{"t":"free","zi":0,"order":0,"mt":2,"pfns":[300,300]}"#, "named once"),
        (#"{"t":"free","zi":0,"order":2,"mt":0,"pfns":[1024]}"#, ""),
        (#"{"t":"free","zi":0,"order":3,"mt":0,"pfns":[1025]}"#, "multiple of 8"),
        (#"{"t":"free","zi":0,"order":0,"mt":3,"pfns":[4096]}"#, "frames of the zone"),
        (#"{"t":"free","zi":0,"order":11,"mt":0,"pfns":[]}"#, "0 to 10"),
        (#"{"t":"free","zi":7,"order":0,"mt":0,"pfns":[]}"#, "described before"),
        (#"{"t":"alloc","zi":0}"#, "one of zone, pcp"),
        (#"{"t":"free","zi":0,"order":0,"mt":3,"pfns":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"#, ""),
    ])
    func dump_withOneMoreRecord_isRefused(_ record: String, _ reason: String) throws {
        let index = try #require(Self.records.firstIndex { $0["t"].string == "nr_free" })
        var texts = Self.records.map(\.serialized)
        texts.insert(record, at: index)
        let body = "{\"machine\":\"recorded\",\"dump\":[\(texts.joined(separator: ","))]}"
        let response = Server().post(body)
        #expect([400, 422].contains(response.status))
        #expect(reason.isEmpty || response.text.contains(reason), "\(response.text)")
        let lines = Server().post(texts.joined(separator: "\n"), type: "application/x-ndjson")
        #expect(lines.status == response.status)
        #expect(lines.text.contains("\"Line "), "\(lines.text)")
    }

    @Test(arguments: ["", "[]", "{}", "[1]", "[{}]", #"[{"t":1}]"#, "7", "\"x\"", "null"])
    func dump_thatIsNone_isRefused(_ dump: String) {
        let response = Server().post("{\"machine\":\"recorded\",\"dump\":\(dump)}")
        #expect([400, 422].contains(response.status), "\(response.text)")
    }

    @Test func dump_thatClaimsMuch_isRefusedWithTheLimitBeforeMemoryIsTaken() throws {
        let machine = Machine(try MachineConfiguration(kind: .x86_64, memoryInMiB: 64))
        let whole = JSON.array(DumpWriter.records(machine))
        let zone = try #require(whole.array.lastIndex { $0["t"].string == "zone" })
        let path: [JSON.Step] = [.element(zone), .member("spanned")]
        let response = Server().post(whole.replacing(path[...], by: .int(64 << 18)))
        #expect(response.status == 422)
        #expect(response.text.contains("16 GiB of memory"), "\(response.text)")
        #expect(response.text.contains("#/dump/\(zone)/spanned"))
    }

    @Test func dump_ofABootedMachine_isThatMachine() throws {
        let plans: [(MachineConfiguration.Kind, Int, Int)] = [
            (.i386, 20, 2), (.i386, 1024, 1), (.x86_64, 64, 1),
        ]
        for (kind, memory, cpus) in plans {
            let machine = Machine(
                try MachineConfiguration(kind: kind, memoryInMiB: memory, cpuCount: cpus))
            let records = DumpWriter.records(machine)
            let server = Server()
            let response = server.post(.array(records))
            try #require(response.status == 201, "\(response.text)")
            let token = try #require(try JSON(parsing: response.text)["token"].string)
            var recorded = try server.service.look(token) { $0.machine }
            #expect(DumpWriter.records(recorded) == records)
            #expect(recorded.zoneInfoText == machine.zoneInfoText)
            var booted = machine
            for call in [KernelCall.kmalloc(size: 100, .kernel), .allocPages(.kernel, order: 3)] {
                #expect(recorded.apply(call).returned == booted.apply(call).returned)
            }
        }
    }
}
