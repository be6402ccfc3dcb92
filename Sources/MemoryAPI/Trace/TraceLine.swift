import KernelMemory
import MicroHTTPD

/// Where and when an event of a trace happened: what stands before its name.
///
///     # tracer: nop
///     ...
///                 init-1       [000] d..1.     3.000001: kfree: call_site=step_3+0x0/0x0 ptr=c1400000
///
/// Seconds are steps, microseconds count the events of one step.
///
/// The corresponding kernel function is `trace_print_context` (kernel/trace/trace_output.c, 6.1).
struct TracePlace {
    private let beginning: String
    let step: UInt32

    /// The place of the events of a call that a machine is about to make.
    init(_ machine: Machine) {
        step = machine.step + 1
        let cpu = machine.currentCPU
        let context = machine.contexts.cpus[cpu]
        let task = String("init".padded(to: 16)) + "-" + "\(context.pid)".padded(to: 7, atEnd: true)
        let number = String(cpu)
        let digits = String(repeating: "0", count: max(0, 3 - number.count)) + number
        beginning = "\(task) [\(digits)] \(context.traceFlags) "
    }

    /// What stands before the name of an event.
    ///
    /// - Parameter index: how many events of the call came before it.
    func text(_ index: Int) -> String {
        let micro = String(1_000_000 + min(index, 999_999)).dropFirst()
        return beginning + "\(step)".padded(to: 5) + ".\(micro): "
    }
}

extension ContextsSnapshot.CPU {
    /// Interrupts, rescheduling, the kind of context, and how often preemption and migration are off.
    ///
    /// The corresponding kernel function is `trace_print_lat_fmt`.
    fileprivate var traceFlags: String {
        let isBHOff = bottomHalfDepth > 0
        let off = areIRQsOff ? (isBHOff ? "D" : "d") : (isBHOff ? "b" : ".")
        let (isHard, isSoft) = (interrupts.contains(.hardirq), interrupts.contains(.softirq))
        let kind = isHard ? (isSoft ? "H" : "h") : (isSoft ? "s" : ".")
        let depth = preemptDepth > 0 ? String(min(preemptDepth, 15), radix: 16) : "."
        return "\(off).\(kind)\(depth)."
    }
}

extension String {
    /// The text with blanks before it, or behind it, up to a width.
    fileprivate func padded(to width: Int, atEnd: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - count))
        return atEnd ? self + blanks : blanks + self
    }
}

extension OutputBuffer {
    /// Writes the lines that every trace begins with.
    ///
    /// The corresponding kernel functions are `print_func_help_header_irq` and `print_event_info`.
    mutating func appendTraceHeader(_ machine: Machine, from: Int, to: Int) {
        append(
            """
            # tracer: nop
            #
            # kmemlab: steps \(from + 1) to \(to), #P:\(machine.cpuCount)
            #
            #                                _-----=> irqs-off/BH-disabled
            #                               / _----=> need-resched
            #                              | / _---=> hardirq/softirq
            #                              || / _--=> preempt-depth
            #                              ||| / _-=> migrate-disable
            #                              |||| /     delay
            #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
            #              | |         |   |||||     |         |

            """)
    }
}
