import CMicroHTTPD
import Glibc

/// A client's IP address as a value, for limits and logs. IPv4 is kept as `::ffff:a.b.c.d`, so
/// that one client is one key whichever family its socket has.
public struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    /// The 16 address bytes, in network order.
    private var high: UInt64
    private var low: UInt64

    /// The unspecified address, `::`.
    public init() {
        high = 0
        low = 0
    }

    /// Where a connection comes from; unspecified if libmicrohttpd does not know.
    init(of connection: OpaquePointer) {
        guard let address = mhd_client_address(connection) else {
            self.init()
            return
        }
        self.init(address)
    }

    /// Whether the client is on this host.
    var isLoopback: Bool {
        if high == 0, low >> 32 == 0xFFFF { return low >> 24 & 0xFF == 127 }
        return high == 0 && low == 1
    }

    /// What one client can hardly leave: the address itself, or the 64 bits of its network for IPv6.
    var network: ClientAddress {
        if high == 0 { return self }
        var network = self
        network.low = 0
        return network
    }

    /// Reads a socket address; unspecified for a family other than IPv4 and IPv6.
    init(_ address: UnsafePointer<sockaddr>) {
        self.init()
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let ipv4 = raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            low = 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: ipv4))
        case AF_INET6:
            let bytes = raw + 8
            high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
            low = UInt64(bigEndian: (bytes + 8).loadUnaligned(as: UInt64.self))
        default: break
        }
    }

    /// Takes an address as ``bytes`` gives it; `nil` if there are more or fewer than 16.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The 16 bytes of the address as IPv6 writes it.
    public var bytes: [UInt8] {
        [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }

    /// The address in its usual form: `127.0.0.1`, `::1`.
    public var description: String {
        guard high == 0, low >> 32 == 0xFFFF else { return ipv6Text }
        return [24, 16, 8, 0].map { String((low >> UInt64($0)) & 0xFF) }.joined(separator: ".")
    }

    private var ipv6Text: String {
        var bytes = (high.bigEndian, low.bigEndian)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
            guard inet_ntop(AF_INET6, &bytes, $0.baseAddress, socklen_t($0.count)) != nil,
                let text = $0.baseAddress
            else { return "::" }
            return String(cString: text)
        }
    }
}
