import Glibc
import KernelMemory
import SessionJournal

/// Works on a journal store, for tests that need another process.
///
///     journal-crasher append DIRECTORY process|power
///     journal-crasher damage DIRECTORY SEED ROUNDS
///
/// The second runs ``DamageRounds``. The first appends to one session, and writes each step on a line once it is durable, until it is killed. The
/// state hash of a step is the step times 7. The status is 3 if the store cannot be opened, and then the
/// reason is written.
@main
enum JournalCrasher {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 5, arguments[1] == "damage", let seed = UInt64(arguments[3]),
            let rounds = Int(arguments[4])
        {
            return damage(arguments[2], seed, rounds)
        }
        guard arguments.count == 4, arguments[1] == "append",
            let durability = JournalDurability(rawValue: arguments[3])
        else {
            print(
                "usage: journal-crasher append DIRECTORY process|power | damage DIRECTORY SEED ROUNDS"
            )
            exit(2)
        }
        do throws(JournalError) {
            let store = try LMDBJournalStore(directory: arguments[2], durability: durability)
            try append(store)
        } catch {
            print(error)
            exit(3)
        }
    }

    private static func damage(_ directory: String, _ seed: UInt64, _ count: Int) {
        do throws(JournalError) {
            var rounds = try DamageRounds(directory, seed: seed)
            rounds.run(count)
        } catch {
            print(error)
            exit(3)
        }
    }

    private static func append(_ store: LMDBJournalStore) throws(JournalError) {
        let session = SessionKey(rawValue: 1)
        if try store.session(session) == nil {
            guard let configuration = try? MachineConfiguration() else { exit(4) }
            _ = try store.create(
                StoredSession(
                    key: session, secret: [], viewSecret: [], configuration: configuration))
        }
        var step = try store.position(of: session).step
        while true {
            let call = RecordedCall(
                .kmalloc(size: UInt64(step), .kernel), stateHash: UInt64(step + 1) * 7)
            let head = JournalHead(step: step, stateHash: UInt64(step) * 7)
            let ticket = try store.append([call], to: session, expecting: head)
            step += 1
            let line = "\(step)\n"
            ticket.whenSettled { settlement in
                guard case .success = settlement else { exit(5) }
                var line = line
                line.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            }
        }
    }
}
