import KernelMemory
import MicroHTTPD
import SessionJournal

/// Events in the form of `text/event-stream` (HTML, 9.2.6).
extension OutputBuffer {
    /// Writes an event.
    ///
    /// - Parameters:
    ///   - position: the state that it leads to.
    ///   - view: the session as it is.
    mutating func append(
        _ event: SessionEvent, _ position: JournalHead, _ view: SessionView, lastStep: Int
    ) {
        append("id: ")
        position.writeEventID(to: &self)
        append("\nevent: ")
        append(event.name)
        append("\ndata: ")
        write { json in
            if case .call(let step) = event {
                json.call(step, view)
            } else {
                json.member("step", position.step)
                json.member("last_step", lastStep)
            }
        }
        append("\n\n")
    }

    /// Writes that the session has ended.
    mutating func appendEnd() { append("event: end\ndata: {}\n\n") }

    private mutating func write(_ members: (inout JSONWriter) -> Void) {
        var json = JSONWriter(self.taken())
        json.object { json in members(&json) }
        self = json.finish()
    }

    private mutating func taken() -> OutputBuffer {
        let taken = self
        self = OutputBuffer()
        return taken
    }
}

extension SessionEvent {
    fileprivate var name: StaticString {
        switch self {
        case .call: "call"
        case .undo: "undo"
        case .redo: "redo"
        case .reset: "reset"
        }
    }
}

extension JSONWriter {
    /// Writes a call as the journal has it, with what the kernel said and what was wrong.
    fileprivate mutating func call(_ step: UInt32, _ view: SessionView) {
        journalEntry(step, view)
        let call = view.call(of: step)
        let (lines, misuses) = (view.machine.log(of: step), view.machine.misuses(of: step))
        array("log") { json in
            for line in lines.prefix(Self.remarkLimit) { json.text(line.text) }
        }
        array("misuse") { json in
            for misuse in misuses.prefix(Self.remarkLimit) { json.misuse(misuse, by: call) }
        }
    }

    /// Lines of the log, and misuses, that one event shows at most; `log_lines` and `misuse_count` say
    /// how many there are.
    private static let remarkLimit = 20
}
