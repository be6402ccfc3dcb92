/// How the simulated kernel dies, and the lines that all its reports share.
extension Core {
    /// A pointer's digits as the kernel's unhashed `%px` prints them.
    func pointerDigits(_ value: UInt64) -> String {
        hexDigits(value, width: shape.architecture == .i386 ? 8 : 16)
    }

    /// Who was running, and the functions that led here, innermost first.
    ///
    /// - Parameter function: the function that was running, where registers are printed.
    func printCallTrace(_ functions: [String], at function: String? = nil) {
        printk("Modules linked in:")
        printRunning(function)
        printk("Call Trace:")
        for function in functions { printk(" \(function)") }
    }

    /// Who was running, and in which function, as far as that is known.
    func printRunning(_ function: String?) {
        printk(
            "CPU: \(control.pointee.cpu) PID: \(currentPid) Comm: init \(cold.taint.text) \(ModelledKernel.release) #1 "
        )
        guard let function else { return }
        printk((shape.architecture == .i386 ? "EIP: " : "RIP: 0010:") + function)
    }

    /// The kernel found something that cannot be: the task dies where it stands. `BUG`.
    ///
    /// - Parameter locks: how many locks the kernel itself held.
    func bug(at place: String, in function: String? = nil, locks: Int = 0) {
        cold.markNoticed(step: control.pointee.step)
        let options = shape.debug ? " DEBUG_PAGEALLOC" : ""
        let text = "kernel BUG at \(place)!"
        printk("------------[ cut here ]------------")
        printk(text)
        printk("invalid opcode: 0000 [#1] SMP" + options)
        printRunning(function)
        endTask(text, locks)
    }

    /// The kernel touched an address where nothing is mapped: the task dies, and with it, since
    /// there is only one, the machine.
    ///
    /// The corresponding kernel function is `show_fault_oops` (arch/x86/mm/fault.c, 6.1).
    ///
    /// - Parameters:
    ///   - function: the function of the kernel that touched it, where that is known.
    ///   - locks: how many locks it held, with interrupts off.
    func oopsOnAccess(
        to address: UInt64, isWrite: Bool, in function: String? = nil, locks: Int = 0
    ) {
        for line in faultLines(address, isWrite: isWrite) { printk(line) }
        printRunning(function)
        endTask(faultReason(address), isInterruptible: locks == 0 && !keepsIRQsOff(address), locks)
    }

    /// Whether the page fault handler leaves interrupts off: for addresses of the kernel's own.
    ///
    /// The corresponding kernel functions are `do_kern_addr_fault` and `do_user_addr_fault`
    /// (arch/x86/mm/fault.c, 6.1).
    private func keepsIRQsOff(_ address: UInt64) -> Bool {
        shape.architecture.isCanonical(address) && address >= shape.architecture.taskSize
    }

    /// The last lines of a report about a task, which ends with it, and so does the machine.
    ///
    /// The corresponding kernel functions are `oops_exit` (kernel/panic.c) and `make_task_dead`
    /// (kernel/exit.c, 6.1).
    private func endTask(_ reason: String, isInterruptible: Bool = true, _ locks: Int = 0) {
        printk("---[ end trace 0000000000000000 ]---")
        cold.taint.died = true
        if isInInterrupt { return panic(reason, "Fatal exception in interrupt") }
        let note = "note: init[\(currentPid)] exited with "
        if !isInterruptible || context.areIRQsOff { printk(note + "irqs disabled") }
        let count = Int(context.count.bits) + (countsPreemption ? locks : 0)
        if count > 0 { printk(note + "preempt_count \(count)") }
        halt(reason)
    }

    /// The kernel gives up, with all of its tasks.
    ///
    /// The corresponding kernel function is `panic` (kernel/panic.c, 6.1).
    private func panic(_ reason: String, _ text: String) {
        printk("Kernel panic - not syncing: \(text)")
        printk("Kernel Offset: disabled")
        halt(reason)
    }

    /// Why an access to an address where nothing is mapped ends the task, in the kernel's words.
    private func faultReason(_ address: UInt64) -> String {
        if !shape.architecture.isCanonical(address), shape.architecture == .x86_64 {
            return "general protection fault, probably for non-canonical address "
                + hexadecimal(address)
        }
        return address < UInt64(Page.sizeInBytes)
            ? "BUG: kernel NULL pointer dereference, address: \(pointerDigits(address))"
            : "BUG: unable to handle page fault for address: \(pointerDigits(address))"
    }

    /// What the kernel prints about such an access, up to the line that names the oops.
    func faultLines(_ address: UInt64, isWrite: Bool) -> [String] {
        let options = shape.debug ? " DEBUG_PAGEALLOC" : ""
        let reason = faultReason(address)
        if shape.architecture == .x86_64, !shape.architecture.isCanonical(address) {
            // No page table can have an entry for it: the CPU refuses it without looking.
            // `exc_general_protection` (arch/x86/kernel/traps.c, 6.1).
            return ["\(reason): 0000 [#1] SMP\(options)"]
        }
        let isProtection = walk(address) != nil
        let code = (isWrite ? 2 : 0) + (isProtection ? 1 : 0)
        return [
            reason, "#PF: supervisor \(isWrite ? "write" : "read") access in kernel mode",
            "#PF: error_code(0x000\(code)) - "
                + (isProtection ? "permissions violation" : "not-present page"),
            pageTableText(address), "Oops: 000\(code) [#1] SMP\(options)",
        ]
    }

    /// The entries on the way to an address. `dump_pagetable` (arch/x86/mm/fault.c, 6.1).
    private func pageTableText(_ address: UInt64) -> String {
        let entries = tracedWalk(address).steps.map(\.entry.rawValue)
        if shape.architecture == .i386 {
            if entries.isEmpty { return "*pde = 00000000 " }
            return zip(["*pde", "*pte"], entries).reduce("") {
                $0 + "\($1.0) = \(hexDigits($1.1, width: 8)) "
            }
        }
        // The level between the first two is folded: it shows the first's entry.
        let values = entries.prefix(1) + entries
        return zip(["PGD ", "P4D ", "PUD ", "PMD ", "PTE "], values).map {
            $0 + String($1, radix: 16)
        }.joined(separator: " ") + (values.count < 5 ? " " : "")
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
        stop(reason)
    }

    /// The same, and the kernel has noticed nothing.
    func stop(_ reason: String) {
        if !isHalted { explain(.machineHalted, ["oops": reason]) }
        cold.oops = reason
        control.pointee.state |= Control.halted
    }
}

/// Hexadecimal digits with leading zeroes. `%0*lx`.
func hexDigits(_ value: UInt64, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
