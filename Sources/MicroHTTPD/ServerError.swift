/// Why a server did not start.
public enum ServerError: Error, Equatable, CustomStringConvertible {
    /// The host is not an address and no name of one.
    case unknownHost(String, reason: String)
    /// The address could not be bound; in use, mostly.
    case cannotListen(host: String, port: UInt16, reason: String)
    /// A number of the configuration is out of its range.
    case invalidConfiguration(String)
    /// libmicrohttpd did not start: it got no thread or no descriptor.
    case daemonRefused

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .unknownHost(let host, let reason): "cannot find the host \(host): \(reason)"
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host) port \(port): \(reason)"
        case .invalidConfiguration(let reason): reason
        case .daemonRefused: "libmicrohttpd got no thread or no descriptor"
        }
    }
}
