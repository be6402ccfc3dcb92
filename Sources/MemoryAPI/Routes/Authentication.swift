import MicroHTTPD

extension SessionStore {
    /// What a request wants of its session.
    enum Purpose {
        case looking, changing
        /// To make a session of one's own from it, for which the view token suffices.
        case copying
    }

    /// Whether a request names a session that it may change, so that its body is worth sending.
    var admission: Admission {
        { [self] request in
            do throws(Problem) {
                let credentials = try Credentials(request)
                guard let token = Token(credentials.token), !token.isReadOnly else { return false }
                return try session(token) != nil
            } catch {
                // What cannot be told now is told behind the body.
                return error.kind.status != 401
            }
        }
    }

    /// The session that a request names by its bearer token or its cookie.
    @inline(__always)
    func session(of request: borrowing Request, for purpose: Purpose) throws(Problem) -> Session {
        let credentials = try Credentials(request)
        guard let token = Token(credentials.token), let session = try session(token) else {
            throw .unknownToken
        }
        if purpose == .looking { return session }
        if purpose == .changing, token.isReadOnly { throw .readOnlyToken }
        if credentials.areCookie { try request.checkSameSite() }
        return session
    }
}

/// A token as a request carries it.
struct Credentials {
    let token: UnsafeRawBufferPointer
    /// Whether a browser may have sent it without the page's doing.
    let areCookie: Bool

    /// Takes the token of the `Authorization` field, or else the cookie's.
    @inline(__always)
    init(_ request: borrowing Request) throws(Problem) {
        if let field = request.header("Authorization") {
            guard let token = Self.bearerToken(field) else { throw .unknownToken }
            self.token = token
            areCookie = false
        } else if let cookie = request.cookie("kmemlab_session") {
            token = cookie
            areCookie = true
        } else {
            throw .missingToken
        }
    }

    /// What follows the scheme, whose letters may be of either case.
    private static func bearerToken(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme: StaticString = "bearer "
        let count = scheme.utf8CodeUnitCount
        guard field.count > count else { return nil }
        for index in 0..<count where field[index] | 0x20 != scheme.utf8Start[index] { return nil }
        return UnsafeRawBufferPointer(rebasing: field[count...])
    }
}

extension Request {
    /// Whether no page of another origin has sent this: such a page gets no cookie set, nor the browser's own replaced.
    var isOfOwnOrigin: Bool {
        if let site = header("Sec-Fetch-Site") {
            return site.equals("same-origin") || site.equals("none")
        }
        guard let origin = header("Origin") else { return true }
        guard let host = header("Host"), host.count > 0, origin.count > host.count else {
            return false
        }
        let start = origin.count - host.count
        return UnsafeRawBufferPointer(rebasing: origin[start...]).elementsEqual(host)
            && origin[start - 1] == UInt8(ascii: "/")
    }

    /// Refuses what a foreign page could have a browser send along with the cookie.
    fileprivate func checkSameSite() throws(Problem) {
        if header("X-Kmemlab") != nil || (body.count > 0 && header("Content-Type") != nil) {
            return
        }
        throw Problem(
            .crossSiteRequest,
            "A change that is named by the cookie needs the header X-Kmemlab: 1, or a body with "
                + "Content-Type: application/json.")
    }
}

extension Request {
    /// Whether a proxy says that the client speaks TLS with it.
    ///
    /// Anybody can say so, but changes nobody's cookie but his own.
    var cameOverTLS: Bool {
        guard let field = header("X-Forwarded-Proto") else { return false }
        return String(decoding: field, as: UTF8.self).lowercased() == "https"
    }
}

extension Problem {
    fileprivate static var missingToken: Problem {
        Problem(
            .missingToken,
            "Name a session with Authorization: Bearer TOKEN. POST /sessions boots a machine and "
                + "answers with its token.")
    }

    static var unknownToken: Problem {
        Problem(
            .unknownToken,
            "This is no token of a living session: it was mistyped, or the session has ended. "
                + "POST /sessions boots a new one.")
    }

    static var readOnlyToken: Problem {
        Problem(.readOnlyToken, "A view token can GET; changes need the session's own token.")
    }
}
