import Glibc
import KernelMemory
import SessionJournal

/// Damages a store in many ways, and uses what is left of it as far as it can be.
///
/// A round writes the file of pages anew, damages it, opens it, reads all of it and changes all of it.
/// Errors are what is expected; that the process ends is not.
struct DamageRounds {
    let directory: String
    private let whole: [UInt8]
    private var random: SeededNumbers

    private static let pageSize = 4_096
    private static let mapSize = 1 << 22

    init(_ directory: String, seed: UInt64) throws(JournalError) {
        self.directory = directory
        random = SeededNumbers(state: seed)
        try Self.fill(directory)
        whole = Self.contents(directory + "/data.mdb")
    }

    /// Runs rounds, and says the number of each before it begins; at last how many were refused at once.
    mutating func run(_ count: Int) {
        var refused = 0
        for round in 0..<count {
            print("round \(round)")
            fflush(nil)
            var bytes = whole
            damage(&bytes)
            Self.write(bytes, directory + "/data.mdb")
            do throws(JournalError) { try use() } catch { refused += 1 }
        }
        print("refused \(refused)")
    }
}

// MARK: - A store

extension DamageRounds {
    private static func open(_ directory: String) throws(JournalError) -> LMDBJournalStore {
        try LMDBJournalStore(directory: directory, durability: .process, mapSize: mapSize)
    }

    /// Sessions with short and long records, some ended, so that there are pages of every kind.
    private static func fill(_ directory: String) throws(JournalError) {
        guard let configuration = try? MachineConfiguration() else { exit(4) }
        let store = try open(directory)
        for number in 1...12 as ClosedRange<UInt64> {
            let key = SessionKey(rawValue: number << 56 | number)
            _ = try store.create(
                StoredSession(key: key, secret: [1], viewSecret: [2], configuration: configuration))
            let calls = (1...300 as ClosedRange<UInt64>).map { step in
                let size = step % 50 == 0 ? 3_000 * Int(step / 50) : Int(step % 40)
                let bytes = [UInt8](repeating: UInt8(number), count: size)
                return RecordedCall(.store(.null, bytes), stateHash: step)
            }
            for start in stride(from: 0, to: calls.count, by: 30) {
                let head = JournalHead(step: UInt32(start), stateHash: UInt64(start))
                _ = try store.append(Array(calls[start..<start + 30]), to: key, expecting: head)
            }
            if number % 4 == 0 { _ = try store.end(key) }
        }
    }

    /// Reads all that a store has, then changes all of it, until something is refused.
    private func use() throws(JournalError) {
        let store = try Self.open(directory)
        let call = RecordedCall(.vmalloc(size: 1), stateHash: 7)
        for session in (try? store.sessions()) ?? [] {
            do throws(JournalError) {
                _ = try store.session(session)
                var hash: UInt64 = 0
                try store.read(session, from: 1) { (_, call) throws(JournalError) in
                    hash = call.stateHash
                }
                let step = try store.position(of: session).step
                let head = JournalHead(step: step, stateHash: hash)
                _ = try store.append(
                    Array(repeating: call, count: 20), to: session, expecting: head)
                let last = JournalHead(step: step + 20, stateHash: 7)
                _ = try store.move(session, from: last, to: JournalHead(step: 10, stateHash: 10))
                _ = try store.append(
                    [call], to: session, expecting: JournalHead(step: 10, stateHash: 10))
            } catch {}
        }
        for session in (try? store.sessions()) ?? [] where session.rawValue & 1 == 0 {
            _ = try? store.end(session)
        }
        try store.sync()
    }
}

// MARK: - Damage

extension DamageRounds {
    private mutating func damage(_ bytes: inout [UInt8]) {
        let pages = bytes.count / Self.pageSize
        let page = random.below(pages) * Self.pageSize
        switch random.below(8) {
        case 0: bytes[page + random.below(16)] = random.byte()
        case 1: for offset in 0..<16 { bytes[page + offset] = random.byte() }
        case 2: for offset in 0..<Self.pageSize { bytes[page + offset] = random.byte() }
        case 3: for offset in 0..<Self.pageSize { bytes[page + offset] = 0 }
        case 4:
            let other = random.below(pages) * Self.pageSize
            for offset in 0..<Self.pageSize { bytes.swapAt(page + offset, other + offset) }
        case 5: bytes.removeLast(1 + random.below(bytes.count))
        case 6:
            // In the offsets of the nodes, or a list of pages, or what the file says of itself.
            let start = random.below(3) == 0 ? random.below(2) * Self.pageSize : page
            for _ in 0...random.below(4) {
                bytes[start + 16 + random.below(140)] ^= 1 << random.below(8)
            }
        default:
            for _ in 0...random.below(8) {
                bytes[random.below(bytes.count)] ^= 1 << random.below(8)
            }
        }
    }

    /// The bytes of a file up to the last that is not zero, and to the end of its page.
    private static func contents(_ file: String) -> [UInt8] {
        let descriptor = Glibc.open(file, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: mapSize)
        guard read(descriptor, &bytes, mapSize) > 0 else { exit(4) }
        let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        return Array(bytes[..<((used + pageSize - 1) / pageSize * pageSize)])
    }

    private static func write(_ bytes: [UInt8], _ file: String) {
        let descriptor = Glibc.open(file, O_WRONLY | O_TRUNC)
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { exit(4) }
    }
}

/// Numbers that a seed gives. SplitMix64.
private struct SeededNumbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func below(_ end: Int) -> Int { Int(next() % UInt64(end)) }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
}
