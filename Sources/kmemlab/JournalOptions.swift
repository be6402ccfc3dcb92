import ArgumentParser
import SessionJournal

/// Where sessions are kept, from the command line.
struct JournalOptions: ParsableArguments {
    /// What stands for no folder.
    private static let memory = ":memory:"

    @Option(
        help: """
            Folder for the journal of sessions, which then outlive the process; \(Self.memory) keeps them \
            in memory only.
            """)
    var data = Self.memory

    @Option(
        help: """
            What a change survives once it is answered: the end of the process (process), or of the \
            whole host (power, slower).
            """)
    var durability = JournalDurability.process

    /// Whether sessions outlive the process.
    var isDurable: Bool { data != Self.memory }

    /// Opens the journal; `nil` for none.
    ///
    /// - Throws: an error whose text says why not.
    func open() throws(JournalError) -> LMDBJournalStore? {
        guard isDurable else { return nil }
        return try LMDBJournalStore(directory: data, durability: durability)
    }
}

extension JournalDurability: ExpressibleByArgument {}
