/// How the simulated kernel dies, and the lines that all its reports share.
extension Core {
    /// A pointer's digits as the kernel's unhashed `%px` prints them.
    func pointerDigits(_ value: UInt64) -> String {
        hexDigits(value, width: shape.architecture == .i386 ? 8 : 16)
    }

    /// Who was running, and the functions that led here, innermost first.
    func printCallTrace(_ functions: [String]) {
        printk("Modules linked in:")
        printk(
            "CPU: \(control.pointee.cpu) PID: 1 Comm: init \(cold.taint.text) 6.1.192 #1 ")
        printk("Call Trace:")
        for function in functions { printk(" \(function)") }
    }

    /// The kernel found something that cannot be: the task dies where it stands. `BUG`.
    func bug(at place: String) {
        cold.taint.died = true
        let options = shape.debug ? " DEBUG_PAGEALLOC" : ""
        let text = "kernel BUG at \(place)!"
        printk("------------[ cut here ]------------")
        printk(text)
        printk("invalid opcode: 0000 [#1] SMP" + options)
        halt(text)
    }

    /// The kernel touched an address where nothing is mapped: the task dies, and with it, since
    /// there is only one, the machine.
    ///
    /// The corresponding kernel function is `show_fault_oops` (arch/x86/mm/fault.c, 6.1).
    func oopsOnAccess(to address: UInt64, isWrite: Bool) {
        cold.taint.died = true
        let first = "BUG: unable to handle page fault for address: \(pointerDigits(address))"
        printk(first)
        printk("#PF: supervisor \(isWrite ? "write" : "read") access in kernel mode")
        printk("#PF: error_code(0x000\(isWrite ? "2" : "0")) - not-present page")
        printk("*pde = 00000000 ")
        printk("Oops: 000\(isWrite ? "2" : "0") [#1] SMP")
        halt(first)
    }

    /// A free of order 11 or more that passed every check: the kernel writes behind the end of
    /// the zone's table of free areas.
    func corruptFreeArea(_ pfn: UInt32, order: UInt32) {
        let text =
            "free_area[\(order)] of zone "
            + shape.architecture.zoneName(zoneIndex(of: pfn))
            + " does not exist: the zone's own fields were overwritten"
        printk(text)
        halt(text)
    }

    /// No call runs any more.
    func halt(_ reason: String) {
        cold.markNoticed(step: control.pointee.step)
        cold.oops = reason
        control.pointee.state |= Control.halted
    }
}

/// Hexadecimal digits with leading zeroes. `%0*lx`.
func hexDigits(_ value: UInt64, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
