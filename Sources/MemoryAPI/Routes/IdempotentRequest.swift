import KernelMemory
import MicroHTTPD
import SessionJournal

/// A request that its client may send again without doing it twice.
///
/// The corresponding text is the IETF's draft of the header field `Idempotency-Key`.
struct IdempotentRequest {
    /// What the client calls it.
    let key: [UInt8]
    /// The hash of what it asks for.
    let hash: UInt64

    private static let lengths = 1...255
    /// Of the key of a request that begins a session: whoever knows it gets the session's token.
    private static let secretLengths = 16...255
    /// Bytes of an answer's body that are kept.
    private static let bodyLimit = 65_536

    /// Takes a request that has a key; `nil` if it has none.
    ///
    /// - Parameter bodyHash: the hash of a body that was taken in parts; `nil` for one that was gathered.
    @inline(__always)
    init?(_ request: borrowing Request, bodyHash: UInt64? = nil) throws(Problem) {
        guard request.method == .post, let field = request.header("Idempotency-Key") else {
            return nil
        }
        try self.init(field, request, bodyHash)
    }

    /// Takes a request that begins a session and has a key; `nil` if it has none.
    static func beginning(
        _ request: borrowing Request
    ) throws(Problem) -> IdempotentRequest? {
        guard let field = request.header("Idempotency-Key") else { return nil }
        return try IdempotentRequest(field, request, nil, lengths: secretLengths)
    }

    @inline(never)
    private init(
        _ field: UnsafeRawBufferPointer, _ request: borrowing Request, _ bodyHash: UInt64?,
        lengths: ClosedRange<Int> = Self.lengths
    ) throws(Problem) {
        guard lengths.contains(field.count), field.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Problem(
                .malformedRequest,
                "Idempotency-Key must be \(lengths.lowerBound) to \(lengths.upperBound) visible ASCII "
                    + "characters here, such as a UUID.")
        }
        key = Array(field)
        hash = Self.hash(request, bodyHash ?? StateHash.bytes(request.body))
    }

    private static func hash(_ request: borrowing Request, _ body: UInt64) -> UInt64 {
        var hash = StateHash.mix(StateHash.bytes(request.path), body)
        request.forEachQueryItem { name, value in
            hash = StateHash.mix(hash, StateHash.bytes(name))
            hash = StateHash.mix(hash, value.map { StateHash.bytes($0) } ?? 1)
        }
        let type = request.header("Content-Type").map { StateHash.bytes($0) } ?? 0
        return StateHash.mix(hash, StateHash.mix(type, UInt64(request.preferredType)))
    }
}

// MARK: - Refusals

extension IdempotentRequest {
    /// The key came with another request.
    static var reused: Problem {
        Problem(
            .idempotencyKeyReused,
            "This Idempotency-Key came with another request before. A new request needs a new key.")
    }

    /// The request came twice at the same time.
    static var stillRuns: Problem {
        Problem(
            .requestStillRuns,
            "The request of this Idempotency-Key has not been answered yet. Send it again a little later."
        )
    }
}

// MARK: - Doing it once

extension IdempotentRequest {
    /// Answers as the first time, or else does the work and keeps its answer.
    ///
    /// A refusal is not kept: it has changed nothing, and the next attempt may succeed.
    func run(
        on session: inout SessionState, _ response: inout Response,
        _ work: (inout SessionState, inout Response) throws(Problem) -> Void
    ) throws(Problem) {
        if let answer = session.answers.answer(to: key) { return try repeated(answer, &response) }
        try work(&session, &response)
        session.keep(answer(response))
    }

    private func answer(_ response: borrowing Response) -> StoredAnswer {
        let body = response.body.bytes
        return StoredAnswer(
            key: key, request: hash, status: response.status,
            contentType: response.header("Content-Type") ?? [],
            location: response.header("Location") ?? [],
            body: body.count <= Self.bodyLimit && !response.isStream ? Array(body) : nil)
    }

    private func repeated(_ answer: StoredAnswer, _ response: inout Response) throws(Problem) {
        guard answer.request == hash else { throw Self.reused }
        guard let body = answer.body else {
            throw Problem(
                .answerNotKept,
                "The request was done before; its answer was longer than \(Self.bodyLimit) bytes and "
                    + "is not kept. GET /journal tells what the calls returned.")
        }
        response.status = answer.status
        response.removeHeader("Content-Type")
        for (name, value) in [
            ("Content-Type" as StaticString, answer.contentType), ("Location", answer.location),
        ]
        where !value.isEmpty {
            value.withUnsafeBytes { _ = response.setHeader(name, bytes: $0) }
        }
        response.setHeader("Idempotency-Replayed", "true")
        body.withUnsafeBytes { response.body.append($0) }
    }
}
