import ArgumentParser
import Logging

/// What is logged to standard error, and how.
struct LogOptions: ParsableArguments {
    @Option(help: "How lines of the log look.")
    var logFormat = LogFormat.text

    @Option(
        help: """
            The least level that is logged. A line for each request has the level debug. No line has a \
            token, a path or a query.
            """)
    var logLevel = Logger.Level.info
}

extension LogFormat: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
