import Glibc
import Logging

/// How lines of the log look.
enum LogFormat: String, CaseIterable, Sendable {
    /// For people: `2026-11-30T12:00:00.000Z info kmemlab: message key=value`.
    case text
    /// For programs: one JSON object in each line.
    case json
}

/// One line of the log.
struct LogLine {
    let level: Logger.Level
    let label: String
    let message: String
    let metadata: Logger.Metadata
    let time: timespec

    /// The line's bytes, with their end.
    func bytes(_ format: LogFormat) -> [UInt8] {
        switch format {
        case .text: Array(text.utf8)
        case .json: Array(json.utf8)
        }
    }

    private var fields: [(String, Logger.MetadataValue)] {
        metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private var text: String {
        var line = "\(timeText(time)) \(level) \(label): \(escaped(message))"
        for (key, value) in fields {
            let value = escaped("\(value)")
            let isWord = !value.isEmpty && !value.contains { $0 == " " || $0 == "=" }
            line += isWord ? " \(key)=\(value)" : " \(key)=\"\(value)\""
        }
        return line + "\n"
    }

    private var json: String {
        var line =
            "{\"time\":\"\(timeText(time))\",\"level\":\"\(level)\",\"logger\":\"\(label)\""
            + ",\"message\":\"\(escaped(message))\""
        for (key, value) in fields { line += ",\"\(escaped(key))\":\(jsonText(value))" }
        return line + "}\n"
    }
}

/// A moment as RFC 3339 writes it, in UTC with milliseconds.
private func timeText(_ time: timespec) -> String {
    var (seconds, parts) = (time.tv_sec, tm())
    gmtime_r(&seconds, &parts)
    let date = [parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday].map { digits(Int($0), 2) }
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }
    let milliseconds = digits(time.tv_nsec / 1_000_000, 3)
    return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + ".\(milliseconds)Z"
}

private func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.count)) + text
}

/// A value as JSON; whole numbers as numbers.
private func jsonText(_ value: Logger.MetadataValue) -> String {
    switch value {
    case .stringConvertible(let number) where number is any BinaryInteger: "\(number)"
    case .string(let text): "\"\(escaped(text))\""
    default: "\"\(escaped("\(value)"))\""
    }
}

/// A text in which nothing ends the line or the quotes, as JSON escapes it.
private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case _
        where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            || scalar.value == 0x2028 || scalar.value == 0x2029:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
