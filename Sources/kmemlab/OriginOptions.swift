import ArgumentParser
import MicroHTTPD

/// Whose pages may use the service, from the command line or the environment.
struct OriginOptions: ParsableArguments {
    @Option(
        name: .customLong("cors-origin"),
        help: ArgumentHelp(
            """
            Origins whose pages may use the service with a token, such as https://example.org, with commas between \
            them; * for any. May be given several times.
            """, valueName: "origin"))
    var corsOrigins: [String] = []

    private var origins: [String] {
        corsOrigins.flatMap { $0.split(separator: ",").map(String.init) }
    }

    mutating func validate() throws {
        if let fault = origins.lazy.compactMap({ CrossOrigin.fault(of: $0) }).first {
            throw ValidationError("--cors-origin: \(fault).")
        }
    }

    /// The origins as the router takes them.
    var crossOrigin: CrossOrigin { CrossOrigin(origins: origins) }
}
