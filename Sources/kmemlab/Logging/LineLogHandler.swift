import Glibc
import Logging

/// Makes lines of what is logged.
struct LineLogHandler: LogHandler {
    private let label: String
    private let format: LogFormat
    private let writer: LogWriter
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, format: LogFormat, level: Logger.Level, writer: LogWriter) {
        self.label = label
        self.format = format
        self.writer = writer
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
            .merging(event.metadata ?? [:]) { $1 }
        let line = LogLine(
            level: event.level, label: label, message: event.message.description, metadata: fields,
            time: Self.now)
        writer.write(line.bytes(format))
    }

    fileprivate static var now: timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }
}

extension LogFormat {
    /// Has all loggers write to standard error from now on, on a thread of its own.
    ///
    /// - Returns: what writes, to be flushed at the end of the process.
    func bootstrap(level: Logger.Level) -> LogWriter {
        let writer = LogWriter(descriptor: STDERR_FILENO) { count in
            let line = LogLine(
                level: .warning, label: "kmemlab", message: "log lines were lost",
                metadata: ["count": .stringConvertible(count)], time: LineLogHandler.now)
            return line.bytes(self)
        }
        LoggingSystem.bootstrap {
            LineLogHandler(label: $0, format: self, level: level, writer: writer)
        }
        return writer
    }
}

/// Opens `/dev/null` for each of the three standard descriptors that is closed.
///
/// Otherwise the next file to be opened would get its number, and the log be written into it.
func openStandardDescriptors() {
    while true {
        let descriptor = open("/dev/null", O_RDWR)
        if descriptor < 0 { return }
        if descriptor > STDERR_FILENO {
            close(descriptor)
            return
        }
    }
}
