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
                json.journalEntry(step, view)
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
