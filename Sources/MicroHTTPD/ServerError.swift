/// Why a server did not start.
public enum ServerError: Error, Equatable, CustomStringConvertible {
    /// The host is not an address and no name of one.
    case unknownHost(String, reason: String)
    /// The address could not be bound; in use, mostly.
    case cannotListen(host: String, port: UInt16, reason: String)
    /// libmicrohttpd did not start, mostly because a limit is out of range.
    case daemonRefused

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .unknownHost(let host, let reason): "cannot find the host \(host): \(reason)"
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host) port \(port): \(reason)"
        case .daemonRefused: "libmicrohttpd did not start"
        }
    }
}
