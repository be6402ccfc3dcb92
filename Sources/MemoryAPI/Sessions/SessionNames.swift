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

    /// Those that a request which may come again always leads to, so that it begins one session.
    ///
    /// Nobody can tell them who does not know the seed; and from what a client has been told, no other's
    /// can be computed.
    ///
    /// - Parameter seed: random bytes of the service.
    init(of request: IdempotentRequest, from owner: ClientAddress, seed: [UInt8]) {
        var words: [UInt64] = []
        for part in 0..<2 {
            var digest = NumberDigest()
            digest.add(part)
            for bytes in [seed, owner.bytes, request.key] {
                digest.add(bytes.count)
                for byte in bytes { digest.add(Int(byte)) }
            }
            let result = digest.finish()
            words += (0..<4).map { result[$0] }
        }
        id = SessionID(SessionKey(rawValue: words[0]))
        secret = RandomDigits(words[1], words[2])
        viewSecret = RandomDigits(words[4], words[5])
    }
}
