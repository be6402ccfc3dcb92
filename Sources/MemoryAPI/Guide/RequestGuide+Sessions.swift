/// Requests that name no session, the wrong one, or more than a session may have.
extension RequestGuide {
    static let missingToken = RequestGuide(
        cause: "The request names no session. Every machine belongs to one, and none is shared.",
        cure: """
            POST /sessions boots a machine and answers with its token: send it as Authorization: \
            Bearer TOKEN. Browsers get a cookie.
            """,
        see: [.request(.unknownToken), .request(.readOnlyToken)])

    static let unknownToken = RequestGuide(
        cause: """
            The token is mistyped, or its session has ended: by DELETE, because nobody asked for it \
            in a long time, or because a server without --data was started anew.
            """,
        cure: "Boot another machine with POST /sessions.",
        see: [.request(.missingToken), .request(.otherSession)])

    static let readOnlyToken = RequestGuide(
        cause: """
            A view token, kmv_..., may look at a session and change nothing in it. This request \
            would.
            """,
        cure: "Send the session's own token, kml_..., or GET only.",
        see: [.request(.missingToken), .request(.otherSession)])

    static let otherSession = RequestGuide(
        cause: "The path names one session and the token is another's.",
        cure: "Send the token that came with this id, or take the id that came with the token.",
        see: [.request(.unknownToken)])

    static let crossSiteRequest = RequestGuide(
        cause: """
            A change came with nothing but the cookie, which a browser sends along for foreign pages \
            too.
            """,
        cure: """
            Send X-Kmemlab: 1, or a body with its Content-Type; a foreign page can do neither. Or \
            send the token as Authorization.
            """,
        see: [.request(.missingToken)])

    static let unknownStep = RequestGuide(
        cause: """
            ?step= names a step that the session has not made: steps are counted from 0, the machine \
            as it booted, to the last call.
            """,
        cure: "GET /journal lists the steps.",
        see: [.request(.nothingToRedo), .request(.invalidQuery)])

    static let nothingToUndo = RequestGuide(
        cause: "More steps were to be undone than the session has made.",
        cure: "Undo as many as the answer says, at most.",
        see: [.request(.nothingToRedo), .request(.unknownStep)])

    static let nothingToRedo = RequestGuide(
        cause: """
            More steps were to be redone than were undone. A new call behind an undo takes the place \
            of the steps that were undone.
            """,
        cure:
            "Redo as many as the answer says, at most; what was overwritten has to be called again.",
        see: [.request(.nothingToUndo)])

    static let tooManySessions = RequestGuide(
        cause: """
            The server has as many sessions as it takes, in all or of one address, or as many \
            different machines.
            """,
        consequence: "No machine was booted. Those that nobody asks for end by themselves.",
        cure: "DELETE /sessions/{id} for those that are done, or wait as long as Retry-After says.",
        see: [.request(.tooManyCalls)])

    static let tooManyCalls = RequestGuide(
        cause:
            "The session has made as many calls as one may (2,000,000 if the server does not say else).",
        consequence: """
            The call did not run, nor did any other of its batch. Looking at the machine and undoing \
            still work.
            """,
        cure: "Go on in a new session, or undo calls that are not needed.",
        see: [.request(.tooManyBytes), .request(.tooManySessions)])

    static let tooManyBytes = RequestGuide(
        cause: """
            The session's calls have written as many bytes as one may (64 MiB). A page of vmalloc \
            and a load of /accesses count as 4.
            """,
        consequence: "The call did not run, nor did any other of its batch.",
        cure: "Go on in a new session, or undo calls that wrote much.",
        see: [.request(.tooManyCalls)])

    static let tooManyRequests = RequestGuide(
        cause: """
            The client's address has made more requests than the server lets it; most often by a loop that \
            never ends.
            """,
        cure: """
            Wait for as many seconds as Retry-After says. RateLimit tells with every answer how many requests \
            are left, RateLimit-Policy how many there are. POST /calls makes many calls in one request.
            """,
        see: [.request(.tooManyCalls), .request(.tooManySessions)])

    static let tooManyObjects = RequestGuide(
        cause: """
            The session's machine holds as many blocks and objects (300,000), areas (20,000), caches \
            (2,000) or held locks (1,000) as one may. Free objects in its slabs count, too.
            """,
        consequence: "The call did not run, nor did any other of its batch.",
        cure: "Free some of them, shrink caches, undo calls, or go on in a new session.",
        see: [.request(.tooManyCalls), .request(.tooManyBytes)])

    static let tooMuchWork = RequestGuide(
        cause: """
            The calls that have to be made for the request take a processor more seconds than one \
            request may have (2). To show an earlier state, the calls since the last kept state are \
            made again.
            """,
        consequence: "Nothing has changed. A batch is not refused: it is stopped, and says so.",
        cure: "Ask for a state that is nearer, or do the work in several requests.",
        see: [.request(.tooManyCalls)])

    static let tooManyStreams = RequestGuide(
        cause: """
            As many spectators follow sessions with GET /events as the server allows, in all or of \
            one session.
            """,
        consequence: "Nobody is cut off, and nothing has changed.",
        cure: "Wait until somebody leaves, or ask for GET /events?until=now again and again.",
        see: [.request(.tooManySessions)])
}
