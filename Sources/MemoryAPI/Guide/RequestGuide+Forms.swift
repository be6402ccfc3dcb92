/// Requests that are wrong in their form, whatever they ask for.
extension RequestGuide {
    static let malformedRequest = RequestGuide(
        cause: """
            The request is no valid HTTP: a broken % escape, two Host fields, a length that is \
            given twice, too many items in the query.
            """,
        cure: "Escape every character of a path or query that is not plain; let a library do it.",
        see: [.request(.invalidQuery), .request(.malformedJSON)])

    static let malformedJSON = RequestGuide(
        cause: """
            The body cannot be read as JSON: a bracket or quotation mark is missing, a number is out \
            of all bounds, bytes are no UTF-8, or it is nested too deep.
            """,
        cure: "Have a library write the body. At a shell, put it between single quotation marks.",
        see: [.request(.invalidField), .request(.unsupportedMediaType)])

    static let notFound = RequestGuide(
        cause: "Nothing is at this path: it is misspelt, or a part of it is missing.",
        cure: "GET /openapi.json lists all paths, GET /problems all codes.",
        see: [.request(.noSuchPage), .request(.noSuchAllocation), .request(.methodNotAllowed)])

    static let methodNotAllowed = RequestGuide(
        cause: "The path is right, but not with this method: a GET where something is to be made.",
        cure: "Use one of the methods that the answer's Allow field names.",
        see: [.request(.notFound)])

    static let notAcceptable = RequestGuide(
        cause: """
            The Accept field allows none of the forms that this path has; most have JSON only, those \
            below /proc plain text.
            """,
        cure: "Leave Accept out, or add */* to it.",
        see: [.request(.unsupportedMediaType)])

    static let unsupportedMediaType = RequestGuide(
        cause: """
            The body came without a Content-Type, or with one that is not read here. (curl -d says \
            application/x-www-form-urlencoded.)
            """,
        cure: "Send Content-Type: application/json; curl --json does.",
        see: [.request(.malformedJSON), .request(.notAcceptable)])

    static let payloadTooLarge = RequestGuide(
        cause: "The body has more than 1 MiB.",
        cure: "Divide a batch into several. Of a recorded machine send the first dump only.",
        see: [.request(.tooManyCalls), .request(.targetTooLong)])

    static let targetTooLong = RequestGuide(
        cause: "Path and query together are longer than the server reads.",
        cure: "Put what is long into the body of a POST.",
        see: [.request(.headersTooLarge), .request(.payloadTooLarge)])

    static let headersTooLarge = RequestGuide(
        cause: """
            Request line and header fields together are longer than the server reads; often it is \
            cookies that other programs on the same host have set.
            """,
        cure: "Send fewer fields, or delete the cookies for this host.",
        see: [.request(.targetTooLong)])

    static let invalidQuery = RequestGuide(
        cause: """
            A parameter of the query is unknown here, given twice, or has a value out of its range.
            """,
        cure: "The answer's errors name the parameter and what would be right.",
        see: [.request(.unknownField), .request(.unknownStep), .request(.invalidReference)])

    static let invalidReference = RequestGuide(
        cause: """
            A part of the path has to be an id (a small number, from the answer that made it) or an \
            address that begins with 0x, and is neither; or nothing is mapped at that address.
            """,
        cure: "Take id or address from the answer of the call that allocated.",
        see: [.request(.noSuchPage), .request(.noSuchAllocation), .request(.invalidQuery)])

    static let invalidField = RequestGuide(
        cause: """
            A member of the body has the wrong type, a value out of its range, or one that does not \
            go with the others.
            """,
        cure:
            "The answer's errors have a pointer to the member, its value, and what would be right.",
        see: [.request(.unknownField), .request(.malformedJSON)])

    static let unknownField = RequestGuide(
        cause: """
            The body has a member that is not read here. It would be ignored without a word, and a \
            misspelt one with it: so it is refused.
            """,
        cure: "Look at the answer's suggestions, or leave the member out.",
        see: [.request(.invalidField)])
}
