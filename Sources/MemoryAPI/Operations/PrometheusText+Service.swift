import MicroHTTPD

extension MemoryService {
    /// Writes how many sessions there are, and what became of them.
    func writeSessions(to text: inout PrometheusText) {
        let figures = store.figures
        let (all, resident) = (max(store.count, figures.resident), figures.resident)
        text.family("kmemlab_sessions", .gauge, "Sessions, by where their machine is.") { family in
            family.sample([("state", "memory")], resident)
            family.sample([("state", "journal")], all - resident)
        }
        text.value("kmemlab_sessions_limit", .gauge, "Sessions at a time.", store.limits.sessions)
        let counters: [(String, StaticString, UInt64)] = [
            ("begun", "Sessions that began.", figures.begun.load(ordering: .relaxed)),
            (
                "ended", "Sessions that ended, idle ones included.",
                figures.ended.load(ordering: .relaxed)
            ),
            (
                "evicted", "Times that a session left memory for want of room.",
                figures.evicted.load(ordering: .relaxed)
            ),
            (
                "returned", "Times that a session came back from the journal.",
                figures.returned.load(ordering: .relaxed)
            ),
        ]
        for (name, help, count) in counters {
            text.value("kmemlab_sessions_\(name)_total", .counter, help, count)
        }
        text.value(
            "kmemlab_spectators", .gauge, "Streams of events that are open.", spectators.count)
        text.value(
            "kmemlab_spectators_limit", .gauge, "Spectators at a time.", store.limits.streams)
        text.value(
            "kmemlab_long_batches", .gauge, "Batches that run and do not come at once.",
            store.batchSlots.count)
    }

    /// Writes what memory the service takes.
    func writeMemory(to text: inout PrometheusText) {
        text.value(
            "kmemlab_memory_allocated_bytes", .gauge, "What the memory allocator has handed out.",
            ProcessMemory.allocatedBytes)
        text.value(
            "kmemlab_memory_limit_bytes", .gauge,
            "Beyond this, sessions leave memory that the journal keeps.",
            store.limits.residentBytes)
    }

    /// Writes what the journal has and has done; nothing without one.
    func writeJournal(to text: inout PrometheusText) {
        guard let figures = store.journals?.figures else { return }
        text.value(
            "kmemlab_journal_bytes", .gauge, "Bytes of the journal's file that were ever used.",
            figures.usedBytes)
        text.value(
            "kmemlab_journal_map_bytes", .gauge, "Address space that the journal's file may fill.",
            figures.mapBytes)
        text.value(
            "kmemlab_journal_commits_total", .counter,
            "Transactions, those of earlier processes included.", figures.commits)
        text.value(
            "kmemlab_journal_syncs_total", .counter, "Times that the journal waited for the disk.",
            figures.syncs)
    }

    /// Writes what the process is and needs.
    func writeProcess(to text: inout PrometheusText) {
        text.family("kmemlab_build_info", .gauge, "Which version this is; always 1.") { family in
            family.sample([("version", ServiceVersion.text)], 1)
        }
        text.family("kmemlab_process_cpu_seconds_total", .counter, "CPU time of the process.") {
            family in
            family.sample("", [], secondsText(ProcessFigures.cpuNanoseconds))
        }
        let gauges: [(String, StaticString, UInt64?)] = [
            ("resident_memory_bytes", "Memory that the process has.", ProcessFigures.residentBytes),
            ("threads", "Threads of the process.", ProcessFigures.threads),
            ("open_fds", "Open file descriptors.", ProcessFigures.openDescriptors),
            (
                "start_time_seconds", "When the process began, since 1970.",
                ProcessFigures.startSeconds
            ),
        ]
        for case (let name, let help, let value?) in gauges {
            text.value("kmemlab_process_\(name)", .gauge, help, value)
        }
    }
}
