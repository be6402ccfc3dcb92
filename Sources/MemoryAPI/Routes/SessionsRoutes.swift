import KernelMemory
import MicroHTTPD
import SessionJournal

/// Booting, looking at and ending sessions.
extension MemoryService {
    var sessionEndpoints: [Endpoint] {
        [
            open(
                .post, "/sessions", consumes: ["application/json", JSONLines.mediaType],
                createSession),
            open(.get, "/sessions/{id}", showSession),
            open(.delete, "/sessions/{id}", endSession),
            open(.post, "/sessions/{id}/fork", forkSession),
        ]
    }

    private var createSession: OpenHandler {
        { [self] (request, response) throws(Problem) in
            let owner = request.clientAddress
            let once = try IdempotentRequest.beginning(request)
            let session: Session
            if let begun = try begun(by: once, from: owner, WorkPlace(request), &response) {
                session = begun
            } else {
                session = try create(request, owner, once, &response)
            }
            if request.isOfOwnOrigin {
                response.setHeader(
                    "Set-Cookie",
                    "kmemlab_session=\(session.token.text); Path=/; HttpOnly; SameSite=Strict"
                        + (request.cameOverTLS ? "; Secure" : ""))
            }
        }
    }

    private func create(
        _ request: borrowing Request, _ owner: ClientAddress, _ once: IdempotentRequest?,
        _ response: inout Response
    ) throws(Problem) -> Session {
        let start = try SessionStart(request, library)
        let (session, ticket) = try store.create(
            start, sent: SentRecording(request, for: start), owner: owner, once: once)
        log.info("session booted", metadata: ["session": "\(session.id.text)"])
        try answer(session, &response)
        response.send(behind: ticket) { [store] in store.lostBeginning(session, $0) }
        return session
    }

    /// Answers as the first time if the same request has begun a session before.
    private func begun(
        by once: IdempotentRequest?, from owner: ClientAddress, _ place: WorkPlace,
        _ response: inout Response
    ) throws(Problem) -> Session? {
        guard let once, let session = try store.session(begunBy: once, from: owner) else {
            return nil
        }
        try session.hold(place) { _ in }
        try answer(session, &response)
        response.setHeader("Idempotency-Replayed", "true")
        let ticket = try store.look(at: session) { state in state.lastTicket }
        response.send(behind: ticket) { [store] in store.lost(session, $0) }
        return session
    }

    /// Answers with the names of a session, as it was when it began.
    private func answer(
        _ session: Session, _ response: inout Response
    ) throws(Problem) {
        response.status = 201
        response.setHeader("Location", "/sessions/\(session.id.text)")
        response.setHeader("Cache-Control", "no-store")
        response.linkDescription()
        try store.look(at: session) { (state) throws(Problem) in
            let view = try state.view(at: min(Int(session.creation.step), state.lastStep))
            response.json { json in json.newSession(session, view, library) }
        }
    }

    private var forkSession: OpenHandler {
        { [self] (request, response) throws(Problem) in
            let owner = request.clientAddress
            let original = try store.session(namedBy: request, for: .copying)
            let once = try IdempotentRequest.beginning(request)
            try WorkPlace(request, original).leaveShared()
            if try begun(by: once, from: owner, WorkPlace(request), &response) != nil { return }
            let step = try ForkBody(request).step
            let copy = try store.look(at: original) { (state) throws(Problem) in
                try state.copy(at: step)
            }
            let (session, ticket) = try store.fork(copy, of: original, owner: owner, once: once)
            log.info(
                "session forked",
                metadata: ["session": "\(session.id.text)", "from": "\(original.id.text)"])
            try answer(session, &response)
            response.send(behind: ticket) { [store] in store.lostBeginning(session, $0) }
        }
    }

    private var showSession: OpenHandler {
        { [store, library] (request, response) throws(Problem) in
            let session = try store.session(namedBy: request, for: .looking)
            response.setHeader("Cache-Control", "private, no-cache")
            try store.look(at: session, WorkPlace(request, session)) { state in
                response.json { json in json.session(session, state, library) }
            }
        }
    }

    private var endSession: OpenHandler {
        { [self] (request, response) throws(Problem) in
            let session = try store.session(namedBy: request, for: .changing)
            try session.hold(WorkPlace(request, session)) { _ in }
            let ticket = try store.end(session)
            log.info("session ended", metadata: ["session": "\(session.id.text)"])
            response.status = 204
            response.removeHeader("Content-Type")
            response.send(behind: ticket) { [store] in store.lost(session, $0) }
        }
    }
}

extension SessionStore {
    /// The session of the path, which the token must be for.
    fileprivate func session(
        namedBy request: borrowing Request, for purpose: Purpose
    ) throws(Problem) -> Session {
        let session = try session(of: request, for: purpose)
        guard SessionID(request.parameter(0)) == session.id else {
            throw Problem(.otherSession, "The token is for session \(session.id.text).")
        }
        return session
    }
}

extension JSONWriter {
    fileprivate mutating func newSession(
        _ session: Session, _ view: SessionView, _ library: RecordingLibrary
    ) {
        object { json in
            json.member("id", session.id.text)
            json.member("token", session.token.text)
            json.member("view_token", session.viewToken.text)
            json.member("step", Int(session.creation.step))
            json.key("machine")
            json.machine(view.configuration, view.machine, library)
        }
    }

    fileprivate mutating func session(
        _ session: Session, _ state: borrowing SessionState, _ library: RecordingLibrary
    ) {
        object { json in
            json.member("id", session.id.text)
            json.member("step", state.step)
            json.key("machine")
            json.machine(state.configuration, state.machine, library)
            json.halted(state.machine)
            json.member("calls", state.lastStep)
            json.member("created_step", 0)
        }
    }

    /// Writes what a machine is and where its memory lies.
    mutating func machine(
        _ configuration: MachineConfiguration, _ machine: borrowing Machine,
        _ library: RecordingLibrary
    ) {
        let layout = machine.layout
        object { json in
            json.member("kind", configuration.kindName)
            json.member("architecture", machine.architecture.rawValue)
            json.recording(configuration.origin, library)
            json.member("memory_bytes", UInt64(configuration.memoryInMiB) << 20)
            json.member("cpus", configuration.cpuCount)
            json.member("debug", configuration.debug)
            json.member("slub_debug", configuration.checksObjects)
            json.member("slab", configuration.slab.rawValue)
            json.member("slab_nomerge", configuration.keepsCachesApart)
            json.key("tlb")
            json.tlbShape(machine.tlbShape)
            json.member("page_size_bytes", Page.sizeInBytes)
            json.member("page_offset", address: layout.pageOffset)
            json.member("high_memory", address: layout.highMemory)
            json.member("mem_map", address: layout.memMap)
            json.member("struct_page_size_bytes", machine.architecture.structPageSizeInBytes)
            json.member("vmalloc_start", address: layout.vmallocStart)
            json.member("vmalloc_end", address: layout.vmallocEnd)
            json.member("pkmap_base", addressOrNull: layout.pkmapBase)
            json.member("fixaddr_start", address: layout.fixaddrStart)
            json.member("pageblock_order", machine.pageBlockOrder)
            json.member("max_order", Order.count)
            json.member("min_free_kbytes", machine.minFreeKilobytes)
        }
    }
}

extension MachineConfiguration {
    /// The kind of machine as a client names it.
    fileprivate var kindName: String { origin == .boot ? kind.rawValue : SessionStart.recorded }
}

extension JSONWriter {
    /// Writes which recording a machine started from.
    fileprivate mutating func recording(
        _ origin: MachineConfiguration.Origin, _ library: RecordingLibrary
    ) {
        guard case .recording(let digest) = origin else { return memberNull("recording") }
        let name = library.recording(with: digest)?.note.name
        object("recording") { json in
            json.member("name", orNull: name)
            json.member("sha256", digest.text)
        }
    }
}

extension Response {
    /// Sets a header field to a text.
    mutating func setHeader(_ name: StaticString, _ text: String) {
        var text = text
        text.withUTF8 { _ = setHeader(name, bytes: UnsafeRawBufferPointer($0)) }
    }
}
