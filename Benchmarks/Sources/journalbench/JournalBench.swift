import Glibc
import KernelMemory
import SessionJournal

/// Measures the journal store.
///
///     journalbench DIRECTORY [SESSIONS [CALLS]]
///
/// Fills a store with sessions whose calls come in turns, opens it again and reads it; then appends
/// from 1, 2 and 8 threads, with each durability. Times are of the wall clock, and of the processor where
/// it says so. The directory must not be there.
@main
enum JournalBench {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard (2...4).contains(arguments.count) else {
            print("usage: journalbench DIRECTORY [SESSIONS [CALLS]]")
            exit(2)
        }
        let numbers = arguments.dropFirst(2).compactMap { Int($0) } + [100_000, 20]
        let (sessions, calls) = (numbers[0], arguments.count > 3 ? numbers[1] : 20)
        guard mkdir(arguments[1], 0o700) == 0 else { fatalError("\(arguments[1]) is there") }
        let store = try fill(arguments[1] + "/filled", sessions, calls)
        try read(store, sessions, calls)
        for durability in JournalDurability.allCases {
            for threads in [1, 2, 8] {
                let path = arguments[1] + "/\(durability)-\(threads)"
                try append(path, durability, threads)
            }
        }
        for threads in [1, 8, 64] { try appendAndWait(arguments[1] + "/wait-\(threads)", threads) }
    }

    private static func fill(_ path: String, _ sessions: Int, _ calls: Int) throws -> String {
        let store = try LMDBJournalStore(directory: path, durability: .process)
        let (created, createdCPU) = try timed {
            for index in 0..<sessions { _ = try store.create(session(index)) }
        }
        report("create a session", created / sessions, createdCPU / sessions)
        let before = usedBytes(path)
        let (appended, appendedCPU) = try timed {
            for step in 0..<calls {
                for index in 0..<sessions { try append(store, index, step) }
            }
        }
        let count = sessions * calls
        report("append a call, sessions in turns", appended / count, appendedCPU / count)
        let bytes = Double(usedBytes(path) - before) / Double(count)
        print("bytes on the disk: \((bytes * 10).rounded() / 10) a call, \(usedBytes(path)) in all")
        return path
    }

    private static func read(_ path: String, _ sessions: Int, _ calls: Int) throws {
        var store: LMDBJournalStore?
        let (opened, openedCPU) = try timed {
            store = try LMDBJournalStore(directory: path, durability: .process)
        }
        report("open", opened, openedCPU)
        let (listed, listedCPU) = try timed {
            guard try store!.sessions().count == sessions else { fatalError("sessions are lost") }
        }
        report("list \(sessions) sessions", listed, listedCPU)
        var random = SystemRandomNumberGenerator()
        let rounds = 10_000
        let (read, readCPU) = try timed {
            for _ in 0..<rounds {
                let key = key(Int.random(in: 0..<sessions, using: &random))
                var count = 0
                guard try store!.session(key) != nil else { fatalError("\(key) is lost") }
                try store!.read(key, from: 1) { (_, _) throws(JournalError) in count += 1 }
                precondition(count == calls)
            }
        }
        report("look up a session and read its \(calls) calls", read / rounds, readCPU / rounds)
    }

    private static func append(
        _ path: String, _ durability: JournalDurability, _ threads: Int
    ) throws {
        let store = try LMDBJournalStore(directory: path, durability: durability)
        let sessions = 64
        for index in 0..<sessions * threads { _ = try store.create(session(index)) }
        let rounds = durability == .process ? 2_000 : 300
        let count = sessions * threads * rounds
        let (time, cpu) = try timed {
            let workers = (0..<threads).map { thread in
                Worker {
                    for step in 0..<rounds {
                        for index in 0..<sessions {
                            try append(store, thread * sessions + index, step)
                        }
                    }
                }
            }
            workers.forEach { $0.join() }
            if durability == .power { try store.sync() }
        }
        report("\(durability), \(threads) threads, append a call", time / count, cpu / count)
    }

    private static func appendAndWait(_ path: String, _ threads: Int) throws {
        let store = try LMDBJournalStore(directory: path, durability: .power)
        for index in 0..<threads { _ = try store.create(session(index)) }
        let rounds = 300
        let (time, cpu) = try timed {
            let workers = (0..<threads).map { thread in
                Worker {
                    for step in 0..<rounds {
                        try append(store, thread, step)
                        try store.sync()
                    }
                }
            }
            workers.forEach { $0.join() }
        }
        let count = rounds * threads
        report("power, \(threads) threads that wait for each call", time / count, cpu / count)
    }

    private static func append(_ store: LMDBJournalStore, _ index: Int, _ step: Int) throws {
        let call = RecordedCall(
            .allocPages(.kernel, order: 2), stateHash: UInt64(step + 1) &* 0x9e37_79b9_7f4a_7c15)
        let head = JournalHead(
            step: UInt32(step), stateHash: UInt64(step) &* 0x9e37_79b9_7f4a_7c15)
        _ = try store.append([call], to: key(index), expecting: head)
    }

    private static func key(_ index: Int) -> SessionKey {
        SessionKey(rawValue: UInt64(index) &* 0x9e37_79b9_7f4a_7c15)
    }

    private static func session(_ index: Int) throws -> StoredSession {
        let secret = [UInt8](repeating: 7, count: 32)
        return StoredSession(
            key: key(index), secret: secret, viewSecret: secret,
            configuration: try MachineConfiguration(), creation: [1, 2, 3, 4])
    }
}

/// Work on a thread of its own.
final class Worker: @unchecked Sendable {
    private var handle = pthread_t()
    private let body: @Sendable () throws -> Void

    init(_ body: @escaping @Sendable () throws -> Void) {
        self.body = body
        let itself = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &handle, nil,
            { itself in
                let worker = Unmanaged<Worker>.fromOpaque(itself!).takeRetainedValue()
                do { try worker.body() } catch { fatalError("\(error)") }
                return nil
            }, itself)
        precondition(code == 0, "no thread: error \(code)")
    }

    func join() { pthread_join(handle, nil) }
}

/// Nanoseconds of the wall clock and of the processor.
func timed(_ body: () throws -> Void) throws -> (Int, Int) {
    let start = (nanoseconds(CLOCK_MONOTONIC), nanoseconds(CLOCK_PROCESS_CPUTIME_ID))
    try body()
    return (
        nanoseconds(CLOCK_MONOTONIC) - start.0, nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start.1
    )
}

private func nanoseconds(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func report(_ name: String, _ wall: Int, _ cpu: Int) {
    print("\(name): \(wall) ns, \(cpu) ns of the processor")
}

/// Bytes of the file of pages that have blocks.
func usedBytes(_ path: String) -> Int {
    var status = stat()
    return stat(path + "/data.mdb", &status) == 0 ? status.st_blocks * 512 : 0
}
