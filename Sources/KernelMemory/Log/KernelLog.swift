/// One line of the kernel log.
public struct LogLine: Hashable, Sendable {
    /// The step of the call that printed it.
    public let step: UInt32
    /// The text without a time stamp.
    public let text: String
}

/// The kernel's ring buffer: the newest lines, oldest first.
///
/// The corresponding kernel interface is `dmesg`.
struct KernelLog {
    private(set) var lines: [LogLine] = []
    /// Older lines that the buffer had no more room for.
    private(set) var dropped = 0

    /// Lines kept, a little less than the 128 KiB of the kernel's own buffer holds.
    static let capacity = 1_500

    mutating func print(_ text: String, step: UInt32) {
        if lines.count == Self.capacity {
            lines.removeFirst(Self.capacity / 4)
            dropped += Self.capacity / 4
        }
        lines.append(LogLine(step: step, text: text))
    }

    /// The lines that one step printed, as far as they are still there.
    func lines(of step: UInt32) -> ArraySlice<LogLine> {
        guard let last = lines.lastIndex(where: { $0.step <= step }), lines[last].step == step
        else { return [] }
        let before = lines[...last].lastIndex { $0.step < step } ?? -1
        return lines[(before + 1)...last]
    }
}

extension Core {
    /// Prints one line to the kernel log and marks this step's misuses as noticed.
    func printk(_ text: String) {
        control.pointee.notedStep = control.pointee.step
        cold.log.print(text, step: control.pointee.step)
    }
}
