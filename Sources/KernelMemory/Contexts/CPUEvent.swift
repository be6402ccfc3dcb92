/// Something that a CPU is told without further words, or that happens to it.
///
/// The raw value is the name of the kernel's function; the interrupts have names of ours.
public enum CPUEvent: String, CaseIterable, Sendable {
    /// No other task gets this CPU until as many ``preemptEnable`` have come.
    case preemptDisable = "preempt_disable"
    case preemptEnable = "preempt_enable"
    /// No interrupts come until they are enabled; returns nothing.
    case localIRQDisable = "local_irq_disable"
    case localIRQEnable = "local_irq_enable"
    /// The same, and returns what the flags were.
    case localIRQSave = "local_irq_save"
    /// No softirqs run until as many ``localBHEnable`` have come.
    case localBHDisable = "local_bh_disable"
    case localBHEnable = "local_bh_enable"
    /// A device's interrupt comes, and its handler begins; returns whether it could.
    case enterIRQ = "enter_irq"
    case exitIRQ = "exit_irq"
    /// A softirq begins; returns whether it could.
    case enterSoftirq = "enter_softirq"
    case exitSoftirq = "exit_softirq"
    /// What functions do that may sleep: a checking kernel complains where that is not allowed.
    case mightSleep = "might_sleep"
    /// The task gives the CPU to the next one that can run.
    case schedule = "schedule"
}
