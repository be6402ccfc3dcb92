import KernelMemory
import MicroHTTPD
import SessionJournal

/// What a session is called, and what its owner and its spectators know.
struct SessionNames {
    let id: SessionID
    let secret: RandomDigits
    let viewSecret: RandomDigits

    /// Draws new ones.
    init() {
        id = SessionID()
        secret = RandomDigits()
        viewSecret = RandomDigits()
    }

    /// Takes those of a session that was stored; `nil` if they are none.
    init?(_ stored: StoredSession) {
        guard let secret = RandomDigits(stored.secret),
            let viewSecret = RandomDigits(stored.viewSecret)
        else { return nil }
        id = SessionID(stored.key)
        self.secret = secret
        self.viewSecret = viewSecret
    }

    /// Those of a session that a request begins which may come again.
    ///
    /// The id is always the same, so that the request finds the session that it has begun. The secrets are
    /// drawn: once a session has ended, its tokens are for nothing, whatever else takes its id.
    init(of request: IdempotentRequest, from owner: ClientAddress, seed: [UInt8]) {
        id = SessionID(of: request, from: owner, seed: seed)
        secret = RandomDigits()
        viewSecret = RandomDigits()
    }
}

extension SessionID {
    /// The id of the session that a request begins which may come again.
    ///
    /// Nobody can tell it who does not know the seed; and from what a client has been told, no other's
    /// can be computed.
    ///
    /// - Parameter seed: random bytes of the service.
    init(of request: IdempotentRequest, from owner: ClientAddress, seed: [UInt8]) {
        var digest = NumberDigest()
        digest.add(0)
        for bytes in [seed, owner.bytes, request.key] {
            digest.add(bytes.count)
            for byte in bytes { digest.add(Int(byte)) }
        }
        self.init(SessionKey(rawValue: digest.finish()[0]))
    }
}
