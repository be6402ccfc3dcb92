/// Requests that the journal of sessions keeps from being done.
extension RequestGuide {
    static let sessionMoved = RequestGuide(
        cause: """
            Another server works with the same journal and has changed the session since this one \
            looked at it; or another request did while a batch for /calls was coming in.
            """,
        consequence: "No call of this request has been made.",
        cure: "Look at the session again, and repeat the request if it still makes sense.",
        see: [.request(.preconditionFailed)])

    static let sessionUnreadable = RequestGuide(
        cause: """
            The session is in the server's journal, but the record of some step is damaged, was \
            written by a newer version, or leads to another state than it did.
            """,
        consequence: "This session stays as it is on the disk. All others work.",
        cure: "Boot another machine with POST /sessions, and tell whoever runs the server.",
        see: [.request(.unknownToken)])

    static let journalRefuses = RequestGuide(
        cause: "The server cannot write its journal; most often the disk is full.",
        consequence: """
            Nothing has changed, and nothing is lost that was answered before. Looking at sessions \
            still works, and so does ending them.
            """,
        cure: "Repeat the request later, and tell whoever runs the server.",
        see: [.request(.tooManySessions)])

    static let preconditionFailed = RequestGuide(
        cause: """
            If-Match names the state on which the request should be done, and the session is in \
            another one: somebody else has changed it meanwhile.
            """,
        cure: """
            GET what the request depends on, look whether it still makes sense, and send it with the \
            new ETag.
            """,
        see: [.request(.sessionMoved)])

    static let idempotencyKeyReused = RequestGuide(
        cause: """
            Idempotency-Key names one request, so that it can be sent again when its answer got lost. \
            This one came with another body, path or query before.
            """,
        cure: "Draw a new key for each request; send the old one only with the very same request.",
        see: [.request(.answerNotKept)])

    static let answerNotKept = RequestGuide(
        cause: """
            The request of this Idempotency-Key was done before, and its answer was too long to be kept.
            """,
        consequence: "Nothing was done twice.",
        cure: "GET /journal tells what the calls were and what they returned.",
        see: [.request(.idempotencyKeyReused)])

    static let requestStillRuns = RequestGuide(
        cause: "The same request with the same Idempotency-Key came twice at the same time.",
        consequence: "One of the two is done, this one is not.",
        cure:
            "Send it again a little later, with the same key; the answer is then that of the first.",
        see: [.request(.idempotencyKeyReused)])
}
