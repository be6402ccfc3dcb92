import Glibc
import KernelMemory
import SessionJournal

/// Works on a journal store, for tests that need another process.
///
///     journal-crasher append DIRECTORY process|power
///
/// Appends to one session, and writes each step on a line once it is durable, until it is killed. The
/// state hash of a step is the step times 7. The status is 3 if the store cannot be opened, and then the
/// reason is written.
@main
enum JournalCrasher {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, arguments[1] == "append",
            let durability = JournalDurability(rawValue: arguments[3])
        else {
            print("usage: journal-crasher append DIRECTORY process|power")
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
