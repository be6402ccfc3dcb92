import KernelTestSupport
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// The patch between any two documents.
@Suite struct JSONPatchTests {
    private func patch(_ old: JSON, _ new: JSON) throws -> String {
        let patch = JSONPatch(
            from: JSONTree(expecting: 64) { $0.value(old) },
            to: JSONTree(expecting: 64) { $0.value(new) })
        let output = patch.finish()
        return String(decoding: output.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (#"{"a":1,"b":2}"#, #"{"a":1,"b":3}"#, #"[{"op":"replace","path":"/b","value":3}]"#),
        (#"{"a":1}"#, #"{"a":1,"b":[]}"#, #"[{"op":"add","path":"/b","value":[]}]"#),
        (#"{"a":1,"b":[]}"#, #"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#),
        ("[1,2]", "[1,2]", "[]"),
        ("[]", "{}", #"[{"op":"replace","path":"","value":{}}]"#),
        (
            #"{"a/b~":"x"}"#, #"{"a/b~":"y"}"#,
            #"[{"op":"replace","path":"/a~1b~0","value":"y"}]"#
        ),
    ])
    func smallDocuments_havePatchesWorkedByHand(old: String, new: String, wanted: String) throws {
        #expect(try patch(JSON(parsing: old), JSON(parsing: new)) == wanted)
    }

    @Test func elementInFront_leavesTheOthersAlone() throws {
        let old = JSON.array((1..<50).map { .object(["id": .int($0), "size": .int(4_096)]) })
        let new = JSON.array((2..<51).map { .object(["id": .int($0), "size": .int(4_096)]) })
        let text = try patch(old, new)
        #expect(
            text == #"[{"op":"remove","path":"/0"},"#
                + #"{"op":"add","path":"/48","value":{"id":50,"size":4096}}]"#)
        #expect(try old.patched(by: JSON(parsing: text)) == new)
    }

    @Test func elementThatChanged_isPatchedWhereItIsByThen() throws {
        let old = JSON.array((0..<9).map { .object(["id": .int($0), "size": .int(8)]) })
        var elements = old.array
        elements[6] = .object(["id": .int(6), "size": .int(9)])
        elements.remove(at: 2)
        let text = try patch(old, .array(elements))
        #expect(
            text == #"[{"op":"remove","path":"/2"},{"op":"replace","path":"/5/size","value":9}]"#)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func patchOfRandomDocuments_turnsOneIntoTheOther(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let old = JSON(random: &random, depth: 4)
        let new =
            seed % 3 == 0
            ? JSON(random: &random, depth: 4) : old.mutated(&random, inverseChance: 5)
        let patch = try JSON(parsing: patch(old, new))
        #expect(try old.patched(by: patch) == new, "seed \(seed)")
        #expect((patch == .array([])) == (old == new), "seed \(seed)")
    }

    /// Lists with few different keys, so that most come several times.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func elementMatch_keepsElementsInOrder(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func list() -> [UInt64] {
            (0..<Int.random(in: 0...12, using: &random)).map { _ in
                .random(in: 0...(seed % 9), using: &random)
            }
        }
        let (earlier, later) = (list(), list())
        let match = ElementMatch(earlier, later)
        let kept = match.places.compactMap { $0 }
        #expect(kept == kept.sorted() && Set(kept).count == kept.count)
        #expect(Set(kept + match.removed) == Set(earlier.indices))
        #expect(kept.count + match.removed.count == earlier.count)
        for (index, place) in match.places.enumerated() where place != nil {
            #expect(earlier[place!] == later[index])
        }
        if earlier == later { #expect(match.changeCount == 0) }
    }
}

extension JSONWriter {
    /// Writes a document, members by name.
    fileprivate mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let value): boolean(value)
        case .int(let value): number(value)
        case .real(let value): thousandths(UInt64(value * 1_000))
        case .string(let value): text(value)
        case .array(let elements): array { json in elements.forEach { json.value($0) } }
        case .object(let members):
            object { json in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(named: name)
                    json.value(value)
                }
            }
        }
    }
}

extension JSON {
    private static let names = ["id", "name", "pfn", "size", "a/b", "~0", "quote\"d", "count"]

    /// A document.
    fileprivate init(random: inout SeededRandom, depth: Int) {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 5), using: &random) {
        case 0: self = .null
        case 1: self = .bool(.random(using: &random))
        case 2, 3: self = .int(.random(in: -3...9, using: &random))
        case 4: self = .string(Self.names.randomElement(using: &random)! + ",]}\\\n")
        case 5, 6, 7:
            self = .array(
                (0..<Int.random(in: 0...8, using: &random)).map { _ in
                    JSON(random: &random, depth: depth - 1)
                })
        default:
            let names = Self.names.filter { _ in Bool.random(using: &random) }
            self = .object(
                Dictionary(
                    uniqueKeysWithValues: names.map {
                        ($0, JSON(random: &random, depth: depth - 1))
                    }))
        }
    }

    /// The document with some places changed.
    fileprivate func mutated(_ random: inout SeededRandom, inverseChance: Int) -> JSON {
        let isHit = Int.random(in: 0..<(inverseChance * 4), using: &random) == 0
        if isHit { return JSON(random: &random, depth: 2) }
        switch self {
        case .array(var elements):
            for index in elements.indices.reversed() {
                switch Int.random(in: 0..<inverseChance * 2, using: &random) {
                case 0: elements.remove(at: index)
                case 1: elements.insert(JSON(random: &random, depth: 2), at: index)
                default:
                    elements[index] = elements[index].mutated(
                        &random, inverseChance: inverseChance)
                }
            }
            return .array(elements)
        case .object(let members):
            let changed = members.sorted { $0.key < $1.key }.map {
                ($0.key, $0.value.mutated(&random, inverseChance: inverseChance))
            }
            return .object(Dictionary(uniqueKeysWithValues: changed))
        default: return self
        }
    }
}
