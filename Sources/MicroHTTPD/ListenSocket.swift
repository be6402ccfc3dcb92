import Glibc

/// A listening TCP socket, closed when it goes away unless it was given on.
///
/// Opened here and not by libmicrohttpd, which reports no reason when it fails.
struct ListenSocket: ~Copyable {
    private var descriptor: Int32

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - host: a numeric address or a name.
    ///   - port: 0 for any that is free.
    init(host: String, port: UInt16) throws(ServerError) {
        descriptor = -1
        var addresses: UnsafeMutablePointer<addrinfo>?
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let code = getaddrinfo(host, "\(port)", &hints, &addresses)
        guard code == 0, let first = addresses else {
            throw .unknownHost(host, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(addresses) }
        descriptor = ListenSocket.open(first.pointee)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw .cannotListen(host: host, port: port, reason: reason)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Gives the descriptor away.
    mutating func release() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    /// The port that it is bound to.
    var port: UInt16 {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size)
            }
        }
        precondition(code == 0, "a bound socket has a name")
        return UInt16(bigEndian: address.sin6_port)
    }

    /// - Returns: -1 and `errno` when it fails.
    private static func open(_ address: addrinfo) -> Int32 {
        let type = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, type, address.ai_protocol)
        guard descriptor >= 0 else { return -1 }
        var on: Int32 = 1
        setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if bind(descriptor, address.ai_addr, address.ai_addrlen) == 0,
            listen(descriptor, SOMAXCONN) == 0
        {
            return descriptor
        }
        let reason = errno
        close(descriptor)
        errno = reason
        return -1
    }
}
